import { callLine, problemLine, type Snapshot, verdictLine } from './snapshot.js';

/** What GitHub takes in one issue, in characters. */
export const MAX_ISSUE = 65_536;

/**
 * Text in Markdown that nothing is made of: no mention, no link, no markup, whatever it says. CommonMark 0.31 (4.5): a
 * fence is closed by one as long only.
 */
function fenced(text: string, language = ''): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}${text.endsWith('\n') ? '' : '\n'}${fence}`;
}

/** A snapshot as Markdown, for an issue. All that comes from elsewhere is in fences. */
export function issueText({ text, command, weights, compiled, errors, findings, ...rest }: Snapshot): string {
  const { simulated, versions } = rest;
  const verdict = compiled
    ? verdictLine(compiled)
    : ['it does not compile:', ...errors.map((each) => `  ${problemLine(each)}`)].join('\n');
  const found = findings?.map(problemLine).join('\n') || 'none';
  const parts: [title: string, body: string | undefined][] = [
    ['Profile', fenced(text)],
    ['Settings', fenced(command, 'sh')],
    ['Weights', weights && fenced(weights)],
    ['Verdict', fenced(verdict)],
    ['Findings', compiled && fenced(findings ? found : 'the check was not done to its end')],
    ['Simulated call', simulated && fenced(callLine(simulated))],
    ['Versions', fenced(versions.map((pair) => pair.join(' ')).join('\n'))],
  ];
  return parts.flatMap(([title, body]) => (body ? [`### ${title}\n\n${body}\n`] : [])).join('\n');
}
