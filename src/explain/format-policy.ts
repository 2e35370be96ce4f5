import { type ArchitectureName, parseArchitecture } from '../architecture.js';
import { checkArgument, checkOptions, FUNCTION, LIST, NUMBER, OBJECT, TEXT } from '../options.js';
import { unfilteredNotes } from '../syscalls/unfiltered-calls.js';
import { describeArchitecture } from './described-call.js';
import { decisionWords } from './format-decisions.js';
import { ArchitectureLister, formatNumbers } from './list-architectures.js';
import type { NamedArchitecture, NamedPolicy, NamedRange } from './named-policy.js';
import { type Paint, PLAIN } from './paint.js';
import { summarizePolicy } from './policy-summary.js';
import { unnamedArchitecture } from './unnamed-architecture.js';
import { DEFAULT_WIDTH, wrapWords } from './wrap.js';

export interface FormatPolicyOptions {
  /** Columns that lines may take, where they can be broken. Default: 100. */
  width?: number | undefined;
  /**
   * The same profile with Docker's default capabilities, where the caller named none: calls that it decides otherwise
   * say so.
   */
  withUsualCapabilities?: NamedPolicy | undefined;
  /** The architecture to begin with; the others are compared with it where that is shorter. Default: the policy's first. */
  first?: ArchitectureName | undefined;
  /** Colours a part of the text. It may add only what takes no room, as escape sequences do. */
  paint?: Paint | undefined;
}

/** What comes first where it is so. */
export const ARCHITECTURE_UNSEEN =
  'This program never looks at the architecture: it decides a number alike, whatever call that is there.';

/**
 * A policy as text. A summary of the first architecture comes first. Per architecture it has the actions, each with its calls; then the calls that arguments decide;
 * then the rest. Of an architecture that decides nearly as an earlier one it has what differs. Of a program that never
 * looks at the architecture it has the first, and those that share its AUDIT_ARCH.
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
 * const text = formatPolicy(nameTable(policyTable(program), loadLibseccompSync()), { first: 'x86_64' });
 * console.log(text.split('\n').slice(2, 5)); // [ 'x86_64', '  ERRNO(EPERM) always (1):', '    ptrace' ]
 * ```
 */
export function formatPolicy(policy: NamedPolicy, options: FormatPolicyOptions = {}): string {
  checkArgument('formatPolicy', 'policy', policy, OBJECT);
  checkArgument('formatPolicy', 'policy.architectures', policy.architectures, LIST);
  checkOptions('formatPolicy', options, {
    width: [NUMBER],
    withUsualCapabilities: [OBJECT],
    first: [TEXT],
    paint: [FUNCTION],
  });
  return listPolicy(policy, policy, options);
}

/** As {@link formatPolicy}, of what is asked for alone. */
export function listPolicy(policy: NamedPolicy, asked: NamedPolicy, options: FormatPolicyOptions): string {
  const { width = DEFAULT_WIDTH, paint = PLAIN, withUsualCapabilities } = options;
  const shown = shownFirst(asked, options.first);
  const described = shown.map((each) => {
    const whole = policy.architectures.find(({ architecture }) => architecture === each.architecture) ?? each;
    return describeArchitecture(whole, each, withUsualCapabilities);
  });
  const lister = new ArchitectureLister(width, paint);
  const [head] = described;
  const summary = head && wrapWords(summarizePolicy(head, asked, paint).split(' '), { width, first: '', next: '  ' });
  const notes = shown
    .flatMap(notesOn)
    .flatMap((note) => wrapWords(note.split(' '), { width, first: '  ', next: '    ' }));
  const parts = [
    policy.looksAtArchitecture ? [] : [ARCHITECTURE_UNSEEN],
    summary ?? [],
    ...lister.list(described),
    ...asked.unnamedArchitectures.map(({ auditArches, ranges }) => {
      const values = wrapWords(unnamedArchitecture(auditArches).split(' '), { width, first: '', next: '  ' });
      return [...values.map((line) => paint('heading', line)), ...formatRanges(ranges, paint)];
    }),
    section('any other architecture', formatRanges(asked.otherArchitectures, paint), paint),
    section('whatever the filter says', notes, paint),
  ];
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

function formatRanges(ranges: readonly NamedRange[], paint: Paint): string[] {
  return ranges.map(({ from, to, decisions }) => {
    const numbers = from === 0 && to === 2 ** 32 - 1 ? 'every call' : formatNumbers(from, to);
    return `  ${numbers}: ${decisionWords(decisions, undefined, paint)}`;
  });
}

const section = (heading: string, lines: readonly string[], paint: Paint): string[] =>
  lines.length > 0 ? [paint('heading', heading), ...lines] : [];

/** The architectures that are listed, in their order: the first one's kin, which share its AUDIT_ARCH, follow it. */
export function shownFirst(
  { architectures, looksAtArchitecture }: NamedPolicy,
  first = architectures[0]?.architecture,
): readonly NamedArchitecture[] {
  const isFirst = ({ architecture }: NamedArchitecture) => architecture === first;
  const head = architectures.find(isFirst);
  if (!head) return architectures;
  const auditArch = ({ architecture }: NamedArchitecture) => parseArchitecture(architecture).auditArch;
  const isKin = (each: NamedArchitecture) => !isFirst(each) && auditArch(each) === auditArch(head);
  const kin = architectures.filter(isKin);
  if (!looksAtArchitecture) return [head, ...kin];
  return [head, ...kin, ...architectures.filter((each) => !isFirst(each) && !isKin(each))];
}

/** Calls that are not allowed here, but run all the same. */
function notesOn({ architecture, calls, unnamed }: NamedArchitecture): string[] {
  return unfilteredNotes(architecture, ({ number }) => {
    const decided =
      calls.find((call) => call.number === number) ?? unnamed.find(({ from, to }) => from <= number && number <= to);
    if (decided?.decisions.length === 0) return true; // too complex to decide
    return decided?.decisions.some(({ action }) => action.kind !== 'ALLOW') ?? false;
  });
}
