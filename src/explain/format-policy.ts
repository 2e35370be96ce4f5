import { formatAction } from '../action.js';
import type { ArchitectureName } from '../architecture.js';
import { checkArgument, checkOptions, LIST, NUMBER, OBJECT } from '../options.js';
import { withAndWithout } from '../profile/resolve/assumed-capabilities.js';
import { unfilteredNotes } from '../syscalls/unfiltered-calls.js';
import {
  isSame,
  type NamedArchitecture,
  type NamedCall,
  type NamedDecision,
  type NamedPolicy,
} from './named-policy.js';

export interface FormatPolicyOptions {
  /** Columns that lines may take, where they can be broken. Default: 100. */
  width?: number | undefined;
  /**
   * The same profile with Docker's default capabilities, where the caller named none: calls that it decides otherwise
   * say so.
   */
  withUsualCapabilities?: NamedPolicy | undefined;
}

/** What comes first where it is so. */
export const ARCHITECTURE_UNSEEN =
  'This program never looks at the architecture: it decides a number alike, whatever call that is there.';

/**
 * A policy as text. Per architecture it has the actions, each with its calls; then the calls that arguments decide;
 * then the rest.
 *
 * @throws {InvalidArgumentError} when an option is unknown, or does not take its value
 *
 * @example
 * ```js
 * import { compileProfileSync } from 'libseccomp-wasm';
 * import { policyTable } from 'libseccomp-wasm/bpf';
 * import { formatPolicy, nameTable } from 'libseccomp-wasm/explain';
 * import { loadLibseccompSync } from 'libseccomp-wasm/libseccomp';
 *
 * const profile = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['ptrace'], action: 'SCMP_ACT_ERRNO' }] };
 * const { program } = compileProfileSync(profile, { arch: 'x86_64' });
 * const text = formatPolicy(nameTable(policyTable(program), loadLibseccompSync()));
 * console.log(text.split('\n').slice(0, 3)); // [ 'x86_64', '  ERRNO(EPERM) always (1):', '    ptrace' ]
 * ```
 */
export function formatPolicy(policy: NamedPolicy, options: FormatPolicyOptions = {}): string {
  checkArgument('formatPolicy', 'policy', policy, OBJECT);
  checkArgument('formatPolicy', 'policy.architectures', policy.architectures, LIST);
  checkOptions('formatPolicy', options, { width: [NUMBER], withUsualCapabilities: [OBJECT] });
  const parts = policy.architectures.map((each) => formatArchitecture(each, options));
  if (!policy.looksAtArchitecture) parts.unshift(ARCHITECTURE_UNSEEN);
  const others = policy.otherArchitectures.map(({ from, to, decisions }) => {
    const numbers = policy.otherArchitectures.length === 1 ? 'every call' : formatNumbers(from, to);
    return `  ${numbers}: ${formatDecisions(decisions)}`;
  });
  const notes = policy.architectures.flatMap(notesOn);
  const asides = notes.length > 0 ? [['whatever the filter says', ...notes.map((note) => `  ${note}`)].join('\n')] : [];
  return [...parts, ['any other architecture', ...others].join('\n'), ...asides].join('\n\n').concat('\n');
}

/** Calls that are not allowed here, but run all the same. */
function notesOn({ architecture, calls, unnamed }: NamedArchitecture): string[] {
  return unfilteredNotes(architecture, ({ number }) => {
    const decided =
      calls.find((call) => call.number === number) ?? unnamed.find(({ from, to }) => from <= number && number <= to);
    return decided?.decisions.some(({ action }) => action.kind !== 'ALLOW') ?? false;
  });
}

/** The decision for a call with the usual capabilities; undefined where that is the same. */
export function usualDecisions(
  withUsual: NamedPolicy | undefined,
  architecture: ArchitectureName,
  { number, decisions }: Pick<NamedCall, 'number' | 'decisions'>,
): readonly NamedDecision[] | undefined {
  const there = withUsual?.architectures.find((each) => each.architecture === architecture);
  const usual =
    there?.calls.find((call) => call.number === number) ??
    there?.unnamed.find(({ from, to }) => from <= number && number <= to);
  return usual && !isSame(usual.decisions, decisions) ? usual.decisions : undefined;
}

function formatArchitecture({ architecture, calls, unnamed }: NamedArchitecture, options: FormatPolicyOptions): string {
  const { width = 100, withUsualCapabilities } = options;
  // Most numbers are unused, so their decision is the one that is not listed.
  const size = ({ from, to }: { from: number; to: number }) => to - from;
  const rest = [...unnamed].sort((a, b) => size(b) - size(a))[0]?.decisions ?? [];
  const isRest = ({ decisions }: NamedCall) => isSame(decisions, rest);
  const dependent = calls.flatMap((call) => {
    const usual = usualDecisions(withUsualCapabilities, architecture, call);
    return usual ? [{ call, usual }] : [];
  });
  const isDependent = new Set(dependent.map(({ call }) => call));
  const named = calls.filter((call) => !isRest(call) && !isDependent.has(call));
  const groups = new Map<string, string[]>();
  for (const { name, decisions } of named) {
    const [only, ...others] = decisions;
    if (!only || others.length > 0) continue;
    const action = formatAction(only.action, architecture);
    groups.set(action, [...(groups.get(action) ?? []), name]);
  }
  const conditional = named.filter(({ decisions }) => decisions.length > 1);
  const gaps = unnamed.filter(({ decisions }) => !isSame(decisions, rest));
  const restNames = calls.length - named.length - dependent.length;
  const lines = [
    ...[...groups].map(
      ([action, names]) => `  ${action} always (${names.length}):\n${wrap(names.sort(), '    ', width)}`,
    ),
    ...(conditional.length > 0 ? [`  depending on arguments (${conditional.length}):`] : []),
    ...conditional.map(({ name, decisions }) => `    ${name}: ${formatDecisions(decisions, architecture)}`),
    ...(dependent.length > 0 ? [`  depending on capabilities (${dependent.length}):`] : []),
    ...dependent.map(({ call: { name, decisions }, usual }) => {
      const [without, withUsual] = [formatDecisions(decisions, architecture), formatDecisions(usual, architecture)];
      return `    ${name}: ${withAndWithout(without, withUsual)}`;
    }),
    ...gaps.map(
      ({ from, to, decisions }) =>
        `  ${formatNumbers(from, to)}, without a name: ${formatDecisions(decisions, architecture)}`,
    ),
  ];
  return [architecture, ...lines, ...formatRest(rest, restNames, lines.length > 0, architecture)].join('\n');
}

/** The calls that are not listed: they are "other" only where some were. */
function formatRest(
  rest: readonly NamedDecision[],
  names: number,
  hasOthers: boolean,
  architecture: ArchitectureName,
): string[] {
  if (rest.length === 0) return [];
  const which =
    names === 0 ? 'numbers without a name' : `every ${hasOthers ? 'other ' : ''}call (${names} with a name)`;
  return [`  ${which}: ${formatDecisions(rest, architecture)}`];
}

/**
 * `ERRNO(EPERM) when domain == AF_VSOCK, else ALLOW`
 *
 * @throws nothing: it only writes what it is given
 *
 * @example
 * ```js
 * import { formatDecisions } from 'libseccomp-wasm/explain';
 *
 * const log = { action: { kind: 'LOG' }, when: 'domain == AF_VSOCK' };
 * const allow = { action: { kind: 'ALLOW' }, when: 'domain != AF_VSOCK' };
 * console.log(formatDecisions([log, allow])); // LOG when domain == AF_VSOCK, else ALLOW
 * ```
 */
export function formatDecisions(decisions: readonly NamedDecision[], architecture?: ArchitectureName): string {
  checkArgument('formatDecisions', 'decisions', decisions, LIST);
  return decisions
    .map(({ action, when }, index) => {
      const text = formatAction(action, architecture);
      if (when === undefined) return text;
      // Together they cover everything: the last one, with the longest condition, is the rest.
      if (index === decisions.length - 1) return `else ${text}`;
      return `${text} when ${when ?? 'the arguments are of more kinds than can be listed'}`;
    })
    .join(', ');
}

function formatNumbers(from: number, to: number): string {
  if (from === to) return `number ${from}`;
  return to === 2 ** 32 - 1 ? `numbers from ${from}` : `numbers ${from} to ${to}`;
}

function wrap(words: readonly string[], indent: string, width: number): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of words) {
    const separator = line === indent ? '' : ' ';
    if (line !== indent && line.length + separator.length + word.length > width) {
      lines.push(line);
      line = indent + word;
    } else line += separator + word;
  }
  return [...lines, line].join('\n');
}
