import { escapeControls } from '../../text.js';
import type { CallDecision, PolicyMap } from '../engine/protocol.js';
import { callLine, problemLine, type Snapshot, verdictLine } from './snapshot.js';

// A report is one HTML file that a browser opens from a disk: no script, nothing that is loaded, and a policy that forbids
// both. Whatever a profile says is text in it.

export const STYLE = `
:root { color-scheme: light dark; }
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; }
h2 { margin-top: 2rem; font-size: 1.15rem; }
pre { padding: .75rem; white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid #8886; border-radius: 6px; font: 13px/1.45 ui-monospace, monospace; }
table { border-collapse: collapse; font-size: 14px; }
th, td { padding: .15rem .75rem .15rem 0; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { font-weight: 600; }
summary { cursor: pointer; }
`;

/** Of the style, as a policy names it; a test computes it. */
export const STYLE_DIGEST = 'sha256-m/qhrW9wZDvGM6Doju0R7OG2Hy56KWGtI8lli/E3yZY=';

const POLICY = `default-src 'none'; style-src '${STYLE_DIGEST}'; base-uri 'none'; form-action 'none'`;

/** Markup that was made here. */
class Markup {
  constructor(readonly html: string) {}
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as HTML: what steers the direction of writing, or is not seen, is shown by its number. */
const escaped = (text: string) => escapeControls(text).replace(/[&<>"']/g, (character) => ESCAPES[character]!);

type Part = string | number | Markup | readonly Markup[] | undefined;

/** HTML from a template: every part that is not markup itself is text. */
function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const made = parts.map((part) => {
    if (part === undefined) return '';
    if (part instanceof Markup) return part.html;
    return typeof part === 'object' ? part.map((each) => each.html).join('') : escaped(String(part));
  });
  return new Markup(strings.reduce((text, string, index) => text + made[index - 1] + string));
}

/** A parser leaves out a line end right behind the tag: there is always one to leave out. */
const pre = (text: string) => html`<pre>
${text}</pre>`;

const section = (title: string, ...body: readonly Markup[]) => html`<section><h2>${title}</h2>${body}</section>
`;

/** A snapshot as a document of its own. `explanation`: the program in words. */
export function reportHtml(snapshot: Snapshot, explanation: string | undefined, time: Date): string {
  const { source, text, command, weights, compiled, errors, findings, simulated, versions } = snapshot;
  const verdict = compiled
    ? html`<p>${verdictLine(compiled)}</p>`
    : html`<p>It does not compile:</p>${pre(errors.map(problemLine).join('\n'))}`;
  const found =
    findings === undefined
      ? html`<p>The check was not done to its end.</p>`
      : findings.length > 0
        ? pre(findings.map(problemLine).join('\n'))
        : html`<p>None.</p>`;
  const sections = [
    section('Verdict', verdict),
    ...(compiled ? [section('Findings', found)] : []),
    ...(simulated ? [section('Simulated call', pre(callLine(simulated)))] : []),
    ...(explanation ? [section('The policy in words', pre(explanation))] : []),
    ...(compiled ? [section('The map', ...mapTables(compiled.map))] : []),
    section('Profile', pre(text)),
    section('Settings', pre(command), ...(weights ? [html`<p>weights.txt:</p>`, pre(weights)] : [])),
    section('Versions', rows(versions)),
  ];
  const head = html`<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>seccomp report: ${source}</title>
`;
  const style = html`<style>${new Markup(STYLE)}</style>`;
  const title = html`<h1>${source}</h1><p>What this seccomp profile does, as of ${time.toISOString()}.</p>`;
  const page = html`<!doctype html>
<html lang="en"><head>${head}${style}</head>
<body>${title}${sections}</body></html>
`;
  return page.html;
}

const rows = (pairs: readonly (readonly [string, string])[]) =>
  html`<table>${pairs.map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`)}</table>`;

function mapTables({ architectures, rules }: PolicyMap): Markup[] {
  return architectures.map(({ architecture, calls, otherNumbers }) => {
    const body = calls.map(
      (call) =>
        html`<tr><th scope="row">${call.name}</th><td>${call.number}</td><td>${answersOf(call)}</td><td>${placesOf(rules[call.name])}</td></tr>
`,
    );
    return html`<details><summary>${architecture}: ${calls.length} calls</summary><table>
<thead><tr><th scope="col">Call</th><th scope="col">Number</th><th scope="col">Answer</th><th scope="col">Entries</th></tr></thead>
<tbody>${body}<tr><th scope="row">other numbers</th><td></td><td>${answersOf(otherNumbers)}</td><td></td></tr></tbody></table></details>
`;
  });
}

/** Several: the arguments decide. */
const answersOf = ({ actions }: CallDecision) => actions.map(({ text }) => text).join(' or ');

const placesOf = (notes: PolicyMap['rules'][string] = []) =>
  notes
    .map(({ path, line, column, condition, dropped }) => {
      const place = line === undefined ? path : `${path} (${line}:${column})`;
      return place + (condition && ` when ${condition}`) + (dropped ? `, which does not apply: ${dropped}` : '');
    })
    .join('; ');
