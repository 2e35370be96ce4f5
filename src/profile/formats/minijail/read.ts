import { MAX_ERRNO, mayRun } from '../../../action.js';
import { type Architecture, findArchitecture } from '../../../architecture.js';
import { editsFor, nearestName } from '../../../nearest-name.js';
import type { Warning } from '../../../policy.js';
import { nearestSyscall } from '../../../syscalls/nearest-syscall.js';
import { syscallSignature } from '../../../syscalls/signature.js';
import { quote } from '../../../text.js';
import { exactKey } from '../../document/exact-json.js';
import type { ProfileIssue, ProfileIssueCode } from '../../document/profile-error.js';
import { failOnIssues } from '../../document/profile-error.js';
import type { SourceText } from '../../document/source-text.js';
import { dockerNames } from '../../model/conditional-entry.js';
import { finishProfile } from '../../model/finish-profile.js';
import type { ParsedProfile } from '../../model/parsed-profile.js';
import type { DockerSeccomp, DockerSyscall } from '../../model/schema.js';
import { CallEntries, isSameDecision } from '../call-entries.js';
import { type BitComparison, MAX_RULES } from '../exact-conditions.js';
import { type Condition, comparison, firstMatch, neverHolds, TooManyRules } from '../first-match.js';
import type { ReadOptions } from '../read-options.js';
import { entriesOfRules } from '../rule-entries.js';
import { minijailConstants, whyUnknown } from './constants.js';
import { minijail, minijailPy } from './format.js';
import { parsePolicyLines } from './line-parser.js';
import { callOfPolicy } from './names.js';
import { parsePolicy } from './parser.js';
import type {
  ParsedPolicy,
  PolicyAction,
  PolicyAtom,
  PolicyCall,
  PolicyExpression,
  PolicyFilter,
  PolicyPlace,
  PolicyValue,
  TwoMeanings,
} from './syntax.js';

/** The architectures that minijail compiles for, by the names that `[arch=…]` has. */
const ARCHITECTURE_NAMES: ReadonlyMap<string, Architecture> = new Map(
  Object.entries({
    x86_64: 'x86_64',
    x86: 'x86',
    arm64: 'aarch64',
    arm: 'arm',
    riscv64: 'riscv64',
    loong64: 'loongarch64',
  }).map(([name, ours]) => [name, findArchitecture(ours)!]),
);
const TARGETS = [...ARCHITECTURE_NAMES.values()];

type Decision = Pick<DockerSyscall, 'action' | 'errnoRet'>;

/** Read a policy as compile_seccomp_policy.py compiles it. */
export function readMinijailPy(text: SourceText, { include, format }: ReadOptions): ParsedProfile {
  const policy = parsePolicy({ text }, include);
  const reader = new PolicyReader(text, minijailPy.id, policy);
  // Named, it is read as its owner does; found by its content, nobody knows which of the two it was written for.
  if (format === undefined) reader.refuseTwoMeanings();
  else reader.warnOfTwoMeanings();
  return reader.read();
}

/** Read a policy as `minijail0 -S` compiles it. */
export function readMinijail(text: SourceText, { include }: ReadOptions): ParsedProfile {
  const reader = new PolicyReader(text, minijail.id, parsePolicyLines({ text }, include));
  reader.warnOfTwoMeanings();
  return reader.read();
}

interface CallFilters {
  readonly call: PolicyCall;
  readonly filters: (PolicyFilter & { readonly architectures: readonly string[] | undefined })[];
  readonly comment: string | undefined;
  readonly places: PolicyPlace[];
}

class PolicyReader {
  readonly #issues: ProfileIssue[] = [];
  readonly #warnings: Warning[] = [];
  readonly #entries: CallEntries;
  readonly #text: SourceText;
  readonly #format: typeof minijail.id | typeof minijailPy.id;
  readonly #policy: ParsedPolicy;

  constructor(text: SourceText, format: typeof minijail.id | typeof minijailPy.id, policy: ParsedPolicy) {
    this.#text = text;
    this.#entries = new CallEntries(text);
    this.#format = format;
    this.#policy = policy;
  }

  refuseTwoMeanings(): void {
    for (const found of this.#policy.twoMeanings) {
      const hint = 'say which: --from minijail-py, or --from minijail';
      this.#issue('ambiguous-format', found, twoMeanings(found), hint);
    }
    failOnIssues(this.#issues, this.#text.source);
  }

  warnOfTwoMeanings(): void {
    for (const found of this.#policy.twoMeanings) this.#warn('two-meanings', found, twoMeanings(found));
  }

  read(): ParsedProfile {
    const { isDenyList, defaultAction, missing, statements } = this.#policy;
    if (statements.length === 0) {
      throw this.#text.fail(this.#text.text.length, { code: 'empty-input', message: 'empty: no system call is named' });
    }
    for (const { word, ...place } of missing) {
      const message = `${quote(word)} was not found: it changes no decision, but compile_seccomp_policy.py refuses the policy`;
      this.#warn('frequency-not-found', place, message);
    }
    // A deny-list lets through what it does not name, whatever @default says of calls that it names.
    const written: Decision = defaultAction ? { action: defaultAction.action } : { action: 'SCMP_ACT_KILL_THREAD' };
    const rest: Decision = isDenyList ? { action: 'SCMP_ACT_ALLOW' } : written;
    const otherwise = isDenyList && !defaultAction ? rest : written;
    for (const filters of this.#callFilters()) this.#addCall(filters, rest, otherwise);
    failOnIssues(this.#issues, this.#text.source);
    const { syscalls } = this.#entries;
    if (mayRun(rest.action)) {
      const message =
        "x32's calls are let through, whatever the policy says of their names: minijail's program does not look at x32's bit";
      this.#warn('x32-by-default', this.#policy.defaultAction ?? { text: this.#text, offset: 0 }, message);
    }
    const seccomp: DockerSeccomp = {
      defaultAction: rest.action,
      x32ByDefault: true,
      ...(syscalls.length > 0 ? { syscalls } : {}),
    };
    return finishProfile({ id: this.#format }, this.#text, {
      seccomp,
      locate: (...path) => this.#entries.locate(path, defaultAction),
      warnings: this.#warnings,
    });
  }

  /** What is said of each call, in the order in which they are named first. */
  #callFilters(): Iterable<CallFilters> {
    const found = new Map<string, CallFilters>();
    for (const { calls, filters, comment } of this.#policy.statements) {
      for (const call of calls) {
        const known = found.get(call.word) ?? { call, filters: [], comment, places: [] };
        found.set(call.word, known);
        const [first] = known.places;
        if (first && known.places.length === 1) this.#warnOfSecond(call, first);
        known.places.push(call);
        for (const filter of filters) known.filters.push({ ...filter, architectures: call.architectures });
      }
    }
    return found.values();
  }

  #warnOfSecond(call: PolicyCall, first: PolicyPlace): void {
    const { line } = first.text.positionAt(first.offset);
    const file = first.text === call.text ? '' : ` of ${first.text.source}`;
    const message = `${call.word} was named before, in line ${line}${file}: what is said here counts where that does not hold. minijail0 -S refuses the policy`;
    this.#warn('repeated-call', call, message);
  }

  #addCall(given: CallFilters, rest: Decision, otherwise: Decision): void {
    const { call, filters, comment } = given;
    const targets = TARGETS.filter((target) => filters.some((filter) => appliesTo(filter, target)));
    this.#checkArchitectures(filters, call);
    if (!syscallSignature(callOfPolicy(call.word))) {
      const nearest = nearestSyscall(call.word);
      const hint = nearest ? `did you mean ${quote(nearest)}?` : 'calls go by name, and this is none';
      this.#issue('unknown-syscall', call, `there is no system call ${quote(call.word)}`, hint);
      return;
    }
    const groups = new Map<string, { targets: Architecture[]; entries: DockerSyscall[]; places: PolicyPlace[] }>();
    let unknown: ConstantFault | undefined;
    for (const target of targets) {
      try {
        const made = this.#casesOn(target, given, rest, otherwise);
        if (!made) return;
        const key = exactKey(made.entries);
        const group = groups.get(key) ?? { targets: [], ...made };
        group.targets.push(target);
        groups.set(key, group);
      } catch (error) {
        if (!(error instanceof ConstantFault)) throw error;
        unknown ??= error;
      }
    }
    // Unknown on every architecture is wrong; unknown on some, minijail compiles no policy for those.
    if (unknown && (groups.size === 0 || mayRun(rest.action))) {
      this.#issue(unknown.code, unknown.place, unknown.message, unknown.hint);
      return;
    }
    const isUniform = groups.size === 1 && [...groups.values()][0]!.targets.length === TARGETS.length;
    for (const { targets: on, entries, places } of groups.values()) {
      entries.forEach((entry, index) => {
        const limited = isUniform ? entry : limit(entry, on.flatMap(dockerNames));
        if (limited) this.#entries.push(limited, call, places[index]!, comment);
      });
    }
  }

  /**
   * Entries for a call on one architecture; undefined where they are wrong on all, which is reported.
   *
   * @throws {ConstantFault} where the architecture lacks a constant
   */
  #casesOn(
    target: Architecture,
    { call, filters, places }: CallFilters,
    rest: Decision,
    otherwise: Decision,
  ): { entries: DockerSyscall[]; places: PolicyPlace[] } | undefined {
    const own = filters.filter((filter) => appliesTo(filter, target));
    const end = own.findIndex(({ expression }) => expression === undefined);
    if (end >= 0 && end < own.length - 1) {
      const [first, second] = [own[end]!.action, own[end + 1]!.action];
      if (this.#isTwiceIncluded(call, first, second)) return undefined;
      const { line } = first.text.positionAt(first.offset);
      const file = first.text === second.text ? '' : ` of ${first.text.source}`;
      const message = `${call.word} was decided for all arguments before, in line ${line}${file}`;
      // Android's build sets ALLOW_DUPLICATE_SYSCALLS.
      const hint = 'minijail refuses the policy (minijail0 -S as Android builds it takes it): take one of them out';
      this.#issue('duplicate-key', second, message, hint);
      return undefined;
    }
    const cases = own.map(({ expression, action }) => ({
      condition: expression && conditionOf(expression, target),
      action: decisionOf(action, target),
    }));
    this.#warnOfCases(own, cases);
    try {
      const whole = [...cases, ...(end < 0 ? [{ condition: undefined, action: otherwise }] : [])];
      const made = firstMatch(whole, rest, isSameDecision).flatMap(({ index, action, rules }) =>
        entriesOfRules({ names: [callOfPolicy(call.word)], ...action }, rules).map((entry) => ({
          entry,
          place: own[index]?.action ?? places[0]!,
        })),
      );
      return { entries: made.map(({ entry }) => entry), places: made.map(({ place }) => place) };
    } catch (error) {
      if (!(error instanceof TooManyRules)) throw error;
      const message = `${call.word}: these conditions would take more than ${MAX_RULES} libseccomp rules`;
      this.#issue('too-many-conditions', places[0]!, message, 'compare with fewer values, or with & and in');
      return undefined;
    }
  }

  /** Whether both are one line of a file that is included twice: said once of all its calls. */
  #isTwiceIncluded(call: PolicyCall, first: PolicyPlace, second: PolicyPlace): boolean {
    const again = this.#policy.inclusions.get(second.text);
    if (!again || first.text === second.text || first.text.source !== second.text.source) return false;
    if (first.offset !== second.offset) return false;
    if (!this.#twiceIncluded.has(second.text)) {
      this.#twiceIncluded.add(second.text);
      const message = `${second.text.source} was included before, and decides ${call.word} for all arguments`;
      this.#issue('duplicate-key', again, message, 'minijail refuses the policy: include it once');
    }
    return true;
  }

  readonly #twiceIncluded = new Set<SourceText>();
  readonly #warned = new Set<unknown>();

  #warnOfCases(filters: readonly PolicyFilter[], cases: readonly { condition: Condition | undefined }[]): void {
    filters.forEach(({ expression, action }, index) => {
      const condition = cases[index]!.condition;
      if (!expression || !condition || this.#warned.has(expression)) return;
      this.#warned.add(expression);
      const place = expression[0]![0]!;
      if (neverHolds(condition)) {
        this.#warn('never-matches', place, 'no argument meets this condition, so it has no effect');
      }
      const last = filters.at(-1)!;
      const endsOpen = last.expression === undefined && last.action.action === 'SCMP_ACT_ALLOW' && !last.isImplied;
      if (this.#format === minijailPy.id && endsOpen && action.action !== 'SCMP_ACT_ALLOW') {
        const message =
          'compile_seccomp_policy.py lets every call through where the last action allows: this condition has no effect in its program. Here it has the effect that is written';
        this.#warn('compiler-differs', place, message);
      }
    });
  }

  #checkArchitectures(filters: CallFilters['filters'], call: PolicyCall): void {
    for (const { architectures } of filters) {
      for (const name of architectures ?? []) {
        if (ARCHITECTURE_NAMES.has(name) || this.#warned.has(`arch ${name}`)) continue;
        this.#warned.add(`arch ${name}`);
        const known = [...ARCHITECTURE_NAMES.keys()];
        const ours = findArchitecture(name);
        const meant = known.find((each) => ARCHITECTURE_NAMES.get(each) === ours) ?? nearestName(name, known);
        const hint = meant ? `; did you mean ${quote(meant)}?` : `; known are ${known.join(', ')}`;
        this.#warn('unknown-condition', call, `minijail calls no architecture ${quote(name)}: it never matches${hint}`);
      }
    }
  }

  #issue(code: ProfileIssueCode, place: PolicyPlace, message: string, hint?: string): void {
    this.#issues.push({ code, message, hint, ...this.#entries.place(place) });
  }

  #warn(code: string, place: PolicyPlace, message: string): void {
    this.#warnings.push({ code, message, ...this.#entries.place(place) });
  }
}

const twoMeanings = ({ call, action }: TwoMeanings) =>
  `${call}: compile_seccomp_policy.py does "${action}" where the condition holds, minijail0 -S where it does not`;

function appliesTo({ architectures }: { architectures: readonly string[] | undefined }, target: Architecture): boolean {
  return architectures === undefined || architectures.some((name) => ARCHITECTURE_NAMES.get(name) === target);
}

/** The entry on some architectures only; none where it is for none of them. */
function limit(entry: DockerSyscall, names: readonly string[]): DockerSyscall | undefined {
  const { arches } = entry.includes ?? {};
  const both = arches ? arches.filter((name) => names.includes(name)) : [...names];
  return both.length > 0 ? { ...entry, includes: { arches: both } } : undefined;
}

class ConstantFault extends Error {
  constructor(
    readonly code: ProfileIssueCode,
    readonly place: PolicyPlace,
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

function decisionOf({ action, errno, ...place }: PolicyAction, target: Architecture): Decision {
  // SECCOMP_RET_TRACE without data.
  if (action === 'SCMP_ACT_TRACE') return { action, errnoRet: 0n };
  if (!errno) return { action };
  const number = evaluate(errno, target);
  if (number >= BigInt(MAX_ERRNO)) {
    throw new ConstantFault('out-of-range', place, `an errno is at most ${MAX_ERRNO - 1}, and this is ${number}`);
  }
  return { action, errnoRet: number };
}

function conditionOf(expression: PolicyExpression, target: Architecture): Condition {
  return {
    kind: 'any',
    of: expression.map((atoms) => ({ kind: 'all', of: atoms.map((atom) => comparison(compared(atom, target))) })),
  };
}

const OPERATORS = { '==': 'EQ', '!=': 'NE', '<': 'LT', '<=': 'LE', '>': 'GT', '>=': 'GE' } as const;
const LOW_HALF = 0xffffffffn;

/** All 64 bits of an argument count, unsigned; on a machine with 32, all that there are. */
function compared({ index, op, value }: PolicyAtom, target: Architecture): BitComparison {
  const constant = evaluate(value, target);
  const base = { index, bits: 64 };
  if (op === '&') return { ...base, op: 'NE', mask: constant, value: 0n };
  // No other bits: the high half counts, and where arguments have 32 bits it is 0.
  if (op === 'in') {
    const isNarrow = target.wordSize === 32;
    const mask = BigInt.asUintN(64, ~constant);
    return {
      ...base,
      op: 'EQ',
      mask: isNarrow && (constant & ~LOW_HALF) === 0n ? widened(mask, value, target) : mask,
      value: 0n,
    };
  }
  return { ...base, op: OPERATORS[op], value: constant };
}

/** The mask that 64-bit machines have, where it differs in the high half only: so the rule is one for all. */
function widened(mask: bigint, value: PolicyValue, target: Architecture): bigint {
  const wide = evaluate(value, { ...target, wordSize: 64 });
  const whole = BigInt.asUintN(64, ~wide);
  return (whole & LOW_HALF) === (mask & LOW_HALF) ? whole : mask;
}

/** Constants or-ed together, in as many bits as the architecture has (tools/parser.py, _parse_constant). */
function evaluate(value: PolicyValue, target: Architecture): bigint {
  let sum = 0n;
  for (const term of value) {
    const one = term.kind === 'group' ? evaluate(term.value, target) : single(term, target);
    sum |= term.isComplement ? BigInt.asUintN(target.wordSize, ~one) : one;
  }
  return sum;
}

function single(
  { kind, word, ...place }: { kind: 'name' | 'number'; word: string } & PolicyPlace,
  target: Architecture,
): bigint {
  const constants = minijailConstants(target.name);
  if (kind === 'name') {
    const constant = constants.get(word);
    if (constant === undefined) {
      const nearest = nearestName(word, constants.keys(), editsFor(word.replace(/^[^_]*_/, '').length));
      const hint = whyUnknown(word) ?? (nearest ? `did you mean ${quote(nearest)}?` : 'write the number');
      throw new ConstantFault('unknown-constant', place, `minijail knows no constant ${quote(word)}`, hint);
    }
    return BigInt.asUintN(target.wordSize, constant);
  }
  const number = parseNumber(word);
  const bits = BigInt(target.wordSize);
  if (number === undefined || number >= 2n ** bits || number < -(2n ** (bits - 1n))) {
    throw new ConstantFault('out-of-range', place, `${quote(word)} is no number of ${bits} bits`);
  }
  return BigInt.asUintN(target.wordSize, number);
}

/** As strtol(3) with base 0. */
function parseNumber(word: string): bigint | undefined {
  const isNegative = word.startsWith('-');
  const digits = isNegative ? word.slice(1) : word;
  if (digits.length > 80) return undefined;
  const isOctal = /^0[0-7]+$/.test(digits);
  if (!isOctal && !/^(?:0[xX][0-9a-fA-F]+|\d+)$/.test(digits)) return undefined;
  const number = BigInt(isOctal ? `0o${digits.slice(1)}` : digits.replace(/^0+(?=\d)/, ''));
  return isNegative ? -number : number;
}
