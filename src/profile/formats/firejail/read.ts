import { MULTIPLEXED_CALLS } from '../../../syscalls/multiplexed-calls.js';
import { architectureSyscalls } from '../../../syscalls/syscall-name.js';
import { quote } from '../../../text.js';
import { failOnIssues } from '../../document/profile-error.js';
import type { SourceText } from '../../document/source-text.js';
import { finishProfile } from '../../model/finish-profile.js';
import type { ParsedProfile, Place } from '../../model/parsed-profile.js';
import type { DockerSeccomp, DockerSyscall } from '../../model/schema.js';
import { MAX_RULES } from '../exact-conditions.js';
import { TooManyRules } from '../first-match.js';
import type { ReadOptions } from '../read-options.js';
import { firejail } from './format.js';
import type { Abi } from './groups.js';
import { firejailLines } from './lines.js';
import { Reports } from './reports.js';
import { type Stack, stackOf } from './stack.js';
import { ALLOW, type Decision, decide, isSame, type Origin, strictest, type Verdict } from './verdicts.js';

const OCI_NAMES = { x86_64: 'SCMP_ARCH_X86_64', x86: 'SCMP_ARCH_X86' } as const satisfies Record<Abi, string>;

/**
 * Read a profile as firejail 0.9.72 does on x86_64 (docs/formats.md has what is not as there). firejail installs a filter
 * for each kind of line and each ABI; here they become one profile, since the kernel obeys the strictest. What firejail
 * silently ignores of its lists is an error.
 */
export function readFirejail(text: SourceText, { include }: ReadOptions): ParsedProfile {
  const reports = new Reports(text);
  const lines = [...firejailLines(text, reports, include)];
  const stack = stackOf(lines, reports);
  if (!stack && reports.issues.length === 0) {
    const hint = 'it needs a line "seccomp", or another such, as "protocol unix"';
    reports.report(
      'no-seccomp-section',
      { text, offset: 0 },
      'no line of this profile makes firejail install a filter',
      hint,
    );
  }
  failOnIssues(reports.issues, text.source);
  return new StackProfile(text, stack!, reports).profile();
}

/** A stack of filters as one profile. */
class StackProfile {
  readonly #text: SourceText;
  readonly #stack: Stack;
  readonly #reports: Reports;
  readonly #abis: readonly Abi[];
  readonly #usual: Verdict;
  readonly #entries = new Map<string, { entry: DockerSyscall & { names: string[] }; origins: Origin[] }>();

  constructor(text: SourceText, stack: Stack, reports: Reports) {
    this.#text = text;
    this.#stack = stack;
    this.#reports = reports;
    this.#abis = stack.isBlocked ? ['x86_64'] : ['x86_64', 'x86'];
    const open: Verdict = { action: ALLOW, origin: stack.origin };
    // Of what no filter names: one ABI may refuse it and the other allow.
    this.#usual = strictest(this.#abis.map((abi) => strictest([...stack[abi].map(({ rest }) => rest), open])));
  }

  profile(): ParsedProfile {
    for (const call of this.#calls()) this.#add(call);
    failOnIssues(this.#reports.issues, this.#text.source);
    const { action, errnoRet } = this.#usual.action;
    const made = [...this.#entries.values()];
    const seccomp: DockerSeccomp = {
      defaultAction: action,
      ...(errnoRet === undefined ? {} : { defaultErrnoRet: errnoRet }),
      architectures: this.#abis.map((abi) => OCI_NAMES[abi]),
      syscalls: made.map(({ entry }) => entry),
    };
    const locate = ([key, index, part, position]: readonly (string | number)[]): Place => {
      const origins = (key === 'syscalls' && made[Number(index)]?.origins) || [this.#usual.origin];
      const at = part === 'names' && typeof position === 'number' ? origins[position] : undefined;
      return this.#reports.placeOf(at ?? origins[0]!);
    };
    const { warnings } = this.#reports;
    return finishProfile(firejail, this.#text, { seccomp, locate: (...path) => locate(path), warnings });
  }

  /** Those that a filter names, and of an ABI with another answer for the rest than the other one's, all. */
  #calls(): Set<string> {
    const named = this.#abis.flatMap((abi) => this.#stack[abi].flatMap(({ calls }) => [...calls.keys()]));
    const others = this.#abis.flatMap((abi) => {
      const rest = strictest([...this.#stack[abi].map((filter) => filter.rest), { ...this.#usual, action: ALLOW }]);
      return isSame(rest.action, this.#usual.action) ? [] : [...architectureSyscalls(abi)];
    });
    return new Set([...named, ...others]);
  }

  #add(call: string): void {
    const [native, secondary] = this.#abis.map((abi) => this.#decisions(call, abi));
    if (secondary === undefined || textOf(native!) === textOf(secondary)) {
      this.#enter(call, native!, undefined);
    } else {
      this.#enter(call, native!, 'x86_64');
      this.#enter(call, secondary, 'x86');
    }
  }

  #decisions(call: string, abi: Abi): readonly Decision[] {
    const filters = this.#stack[abi];
    const isNamed = filters.some(({ calls }) => calls.has(call));
    const isThere = hasCall(call, abi);
    // A name that is nowhere is left for whoever compiles the profile to complain of.
    if (!isThere && (!isNamed || (['x86_64', 'x86'] as const).some((each) => hasCall(call, each)))) return [];
    try {
      const decisions = this.#decided(call, abi);
      const behind = abi === 'x86' ? MULTIPLEXED_CALLS.get(call) : undefined;
      if (!behind || isSame(ALLOW, this.#usual.action)) return decisions;
      // libseccomp would allow it behind the multiplexer too, which firejail does not.
      const whole = this.#decided(behind.multiplexer, abi);
      const isOpen = whole.some(
        ({ action, rules }) => isSame(action, ALLOW) && rules.some(({ args }) => args.length === 0),
      );
      const isDenial = ({ action }: Decision) => action.action !== 'SCMP_ACT_ALLOW';
      // What its conditions allow there would be all of the multiplexer's call.
      return isOpen && !decisions.some(isDenial) ? decisions : decisions.filter(isDenial);
    } catch (error) {
      if (!(error instanceof TooManyRules)) throw error;
      const at =
        filters.map(({ calls }) => calls.get(call)).find((verdict) => verdict?.when)?.origin ?? this.#stack.origin;
      const message = `${quote(call)}: this would take more than ${MAX_RULES} libseccomp rules`;
      this.#reports.report('too-many-conditions', at, message);
      return [];
    }
  }

  #decided(call: string, abi: Abi): readonly Decision[] {
    return decide(this.#stack[abi], { call, usual: this.#usual.action, origin: this.#stack.origin });
  }

  #enter(call: string, decisions: readonly Decision[], abi: Abi | undefined): void {
    for (const { action, rules, origin } of decisions) {
      for (const { args, wordSize } of rules) {
        if (wordSize === 32 && abi !== 'x86') continue;
        const { impliedBy } = origin;
        const comment = commentAbove(origin);
        const entry: DockerSyscall & { names: string[] } = {
          names: [],
          ...action,
          ...(args.length > 0 ? { args } : {}),
          ...(abi ? { abis: [OCI_NAMES[abi]] } : {}),
          ...(impliedBy ? { impliedBy } : {}),
          ...(comment === undefined ? {} : { comment }),
        };
        const argsText = args.map(({ index, op, value, valueTwo }) => `${index} ${op} ${value} ${valueTwo}`).join();
        const line = origin.text.positionAt(origin.offset).line;
        const id = [action.action, action.errnoRet, argsText, abi, impliedBy, origin.text.source, line].join(' ');
        const found = this.#entries.get(id) ?? { entry, origins: [] };
        this.#entries.set(id, found);
        found.entry.names.push(call);
        found.origins.push(origin);
      }
    }
  }
}

/** The comment lines right above the line that a decision comes from. */
function commentAbove({ text: { text }, offset }: Origin): string | undefined {
  const lines: string[] = [];
  let end = text.lastIndexOf('\n', offset - 1);
  while (end > 0) {
    const start = text.lastIndexOf('\n', end - 1) + 1;
    const found = /^\s*#[ \t]?(.*?)\s*$/.exec(text.slice(start, end));
    if (!found) break;
    lines.unshift(found[1]!);
    end = start - 1;
  }
  return lines.length > 0 ? lines.join('\n') : undefined;
}

const calls = new Map<Abi, ReadonlySet<string>>();

function hasCall(call: string, abi: Abi): boolean {
  const known = calls.get(abi) ?? new Set(architectureSyscalls(abi));
  calls.set(abi, known);
  return known.has(call);
}

const textOf = (decisions: readonly Decision[]) =>
  decisions
    .map(({ action, rules }) => {
      const texts = rules.map(({ args }) =>
        args.map(({ index, op, value, valueTwo }) => `${index} ${op} ${value} ${valueTwo}`),
      );
      return `${action.action} ${action.errnoRet} ${texts.join(';')}`;
    })
    .join('|');
