import { MAX_ERRNO, mayRun } from '../../../action.js';
import { ARCHITECTURES, type Architecture } from '../../../architecture.js';
import { nearestName } from '../../../nearest-name.js';
import type { Warning } from '../../../policy.js';
import { syscallName } from '../../../syscalls/syscall-name.js';
import { quote } from '../../../text.js';
import { exactKey } from '../../document/exact-json.js';
import { failOnIssues, type ProfileIssue, type ProfileIssueCode } from '../../document/profile-error.js';
import type { SourceText } from '../../document/source-text.js';
import { dockerNames } from '../../model/conditional-entry.js';
import { finishProfile } from '../../model/finish-profile.js';
import type { ParsedProfile } from '../../model/parsed-profile.js';
import type { DockerSeccomp, DockerSyscall } from '../../model/schema.js';
import { CallEntries, isSameDecision } from '../call-entries.js';
import { MAX_RULES } from '../exact-conditions.js';
import { type Case, type Condition, firstMatch, neverHolds, TooManyRules } from '../first-match.js';
import type { ProfileFormat } from '../index.js';
import type { ReadOptions } from '../read-options.js';
import { entriesOfRules } from '../rule-entries.js';
import { type KafelArgument, kafelCall, nearestKafelCall } from './calls.js';
import { type BitValue, compareBits, isComparedWide } from './compare-bits.js';
import { kafel } from './format.js';
import { type KafelPlace, kafelTokens } from './lexer.js';
import { hasWord, TARGETS } from './names.js';
import {
  type KafelAction,
  type KafelBlock,
  type KafelComparison,
  type KafelExpression,
  type KafelFilter,
  type KafelValue,
  parseKafel,
} from './parser.js';

type Decision = Pick<DockerSyscall, 'action' | 'errnoRet' | 'trapData'>;

/** Read a policy as kafel compiles it. */
export function readKafel(text: SourceText, { include }: ReadOptions): ParsedProfile {
  return readKafelText(text, { id: kafel.id, include });
}

/** As {@link readKafel}, for a policy in a file of another format, whose settings are `more`. */
export function readKafelText(
  text: SourceText,
  { id, include, more = {} }: { id: ProfileFormat; include: ReadOptions['include']; more?: Partial<DockerSeccomp> },
): ParsedProfile {
  if (/^\s*\{/.test(text.text)) {
    const hint = 'scmp convert --to kafel makes one of a profile in JSON';
    throw text.fail(text.text.indexOf('{'), { code: 'bad-syntax', message: 'no kafel policy begins with "{"', hint });
  }
  return new KafelReader(text, id).read(parseKafel(kafelTokens(text, include)), more);
}

/** What a filter says of a call, on some targets or on all. */
interface CallCase extends Case<Decision> {
  readonly place: KafelPlace;
  readonly call: KafelPlace;
  readonly comment: string | undefined;
  readonly targets: ReadonlySet<Architecture> | undefined;
  readonly comparesArguments: boolean;
}

/** Two arguments that are compared in a way that rules, which have one bit each, cannot say in a bearable number. */
class ArgumentsCompared extends TooManyRules {
  constructor(
    readonly place: KafelPlace,
    readonly op: string,
  ) {
    super();
  }
}

const ALL_TARGETS = [...new Set(TARGETS.values())];

class KafelReader {
  readonly #issues: ProfileIssue[] = [];
  readonly #warnings: Warning[] = [];
  readonly #text: SourceText;
  readonly #format: ProfileFormat;
  readonly #entries: CallEntries;

  constructor(text: SourceText, format: ProfileFormat) {
    this.#text = text;
    this.#format = format;
    this.#entries = new CallEntries(text);
  }

  read({ blocks, unused, defaultAction }: ReturnType<typeof parseKafel>, more: Partial<DockerSeccomp>): ParsedProfile {
    const rest: Decision = defaultAction ? this.#decision(defaultAction) : { action: 'SCMP_ACT_KILL_THREAD' };
    const calls = this.#calls(blocks, rest);
    this.#calls(unused, rest);
    failOnIssues(this.#issues, this.#text.source);
    for (const [name, cases] of calls) this.#addCall(name, cases, rest);
    failOnIssues(this.#issues, this.#text.source);
    if (mayRun(rest.action)) {
      const message =
        "x32's calls get the default, whatever the policy says of their names: kafel's program does not look at x32's bit";
      this.#warn('x32-by-default', defaultAction!, message);
    }
    const { syscalls } = this.#entries;
    const { action, errnoRet, trapData } = rest;
    const seccomp: DockerSeccomp = {
      defaultAction: action,
      ...(errnoRet === undefined ? {} : { defaultErrnoRet: errnoRet }),
      ...(trapData === undefined ? {} : { defaultTrapData: trapData }),
      x32ByDefault: true,
      ...more,
      ...(syscalls.length > 0 ? { syscalls } : {}),
    };
    return finishProfile({ id: this.#format }, this.#text, {
      seccomp,
      locate: (...path) => this.#entries.locate(path, defaultAction),
      warnings: this.#warnings,
    });
  }

  /** What is said of each call, in the order in which they are named first. */
  #calls(blocks: readonly KafelBlock[], rest: Decision): Map<string, CallCase[]> {
    const calls = new Map<string, CallCase[]>();
    for (const { action, filters } of blocks) {
      const decision = this.#decision(action);
      for (const filter of filters) {
        const { call, comment } = filter;
        const guarded = this.#guarded(filter);
        for (const { name, parameters, targets } of this.#named(filter, guarded, isSameDecision(decision, rest))) {
          const condition = filter.expression && this.#condition(filter.expression, parameters, call.word);
          if (condition && neverHolds(condition)) {
            this.#warn('never-matches', call, `${call.word}: no argument meets this condition, so it has no effect`);
          }
          const comparesArguments = filter.expression !== undefined && hasComparedArguments(filter.expression);
          const found: CallCase = {
            condition,
            action: decision,
            place: action,
            call,
            comment,
            targets,
            comparesArguments,
          };
          calls.set(name, [...(calls.get(name) ?? []), found]);
        }
      }
    }
    return calls;
  }

  /** libseccomp's names of a call, on which targets, and its arguments. */
  #named(
    { call, declared }: KafelFilter,
    guarded: ReadonlySet<Architecture> | undefined,
    isDefault: boolean,
  ): { name: string; parameters: readonly KafelArgument[]; targets: ReadonlySet<Architecture> | undefined }[] {
    const own = declared?.map((name) => ({ name, bits: 64 as const }));
    if (call.number === undefined) {
      const known = kafelCall(call.word, guarded);
      if (known) {
        return [...known.names].map(([name, targets]) => ({ name, parameters: own ?? known.arguments, targets }));
      }
      const nearest = nearestKafelCall(call.word);
      const targets = guarded ? [] : [...TARGETS].filter(([, target]) => hasWord(call.word, target.name));
      const guards = targets.map(([name]) => name).join(', ');
      const elsewhere = guards === '' ? '' : ` On ${guards} it has this one: "${call.word} ON { ${guards} }"`;
      const hint = nearest
        ? `did you mean ${quote(nearest)}?${elsewhere}`
        : 'kafel has the names of ftrace; write SYSCALL[N] for a number';
      this.#issue('unknown-syscall', call, `kafel knows no system call ${quote(call.word)}`, hint);
      return [];
    }
    const byName = new Map<string, Set<Architecture>>();
    for (const target of guarded ?? ALL_TARGETS) {
      const name = syscallName(Number(call.number), target.name);
      if (name !== undefined) byName.set(name, (byName.get(name) ?? new Set()).add(target));
    }
    // What the default decides need not be said.
    if (byName.size === 0 && !isDefault) {
      const message = `${call.word} is the number ${call.number}, which is that of no system call`;
      this.#issue('unknown-syscall', call, message, 'a profile has calls by name: take it out');
    }
    return [...byName].map(([name, targets]) => ({ name, parameters: own ?? [], targets }));
  }

  #guarded({ targets }: KafelFilter): ReadonlySet<Architecture> | undefined {
    if (!targets) return undefined;
    const found = new Set<Architecture>();
    for (const { word, ...place } of targets) {
      const target = TARGETS.get(word);
      if (target) {
        found.add(target);
        continue;
      }
      const nearest = nearestName(word, TARGETS.keys());
      const hint = nearest ? `did you mean ${quote(nearest)}?` : `known are ${[...TARGETS.keys()].join(', ')}`;
      this.#issue('unknown-architecture', place, `unknown architecture ${quote(word)}`, hint);
    }
    return found;
  }

  #addCall(name: string, cases: readonly CallCase[], rest: Decision): void {
    if (cases.every(({ targets }) => targets === undefined)) {
      for (const { entry, of } of this.#made(name, cases, rest)) {
        this.#entries.push(entry, of.call, of.place, of.comment);
      }
      return;
    }
    const groups = new Map<string, { targets: Architecture[]; made: { entry: DockerSyscall; of: CallCase }[] }>();
    for (const target of ARCHITECTURES) {
      const own = cases.filter(({ targets }) => targets === undefined || targets.has(target));
      const made = this.#made(name, own, rest);
      const key = exactKey(made.map(({ entry }) => entry));
      const group = groups.get(key) ?? { targets: [], made };
      group.targets.push(target);
      groups.set(key, group);
    }
    for (const { targets, made } of groups.values()) {
      const names = targets.flatMap(dockerNames);
      const others = ARCHITECTURES.filter((each) => !targets.includes(each)).flatMap(dockerNames);
      for (const { entry, of } of made) {
        const { arches } = entry.includes ?? {};
        const both = arches ? arches.filter((each) => names.includes(each)) : names;
        const few = others.length < both.length ? { excludes: { arches: others } } : { includes: { arches: both } };
        const where = others.length === 0 ? {} : arches ? { includes: { arches: both } } : few;
        if (both.length > 0) this.#entries.push({ ...entry, ...where }, of.call, of.place, of.comment);
      }
    }
  }

  #made(name: string, cases: readonly CallCase[], rest: Decision): { entry: DockerSyscall; of: CallCase }[] {
    try {
      return firstMatch(cases, rest, isSameDecision).flatMap(({ index, action, rules }) => {
        const of = cases[index]!;
        const more = of.comparesArguments ? { comparesArguments: true as const } : {};
        return entriesOfRules({ names: [name], ...action }, rules).map((entry) => ({
          entry: { ...entry, ...more },
          of,
        }));
      });
    } catch (error) {
      if (!(error instanceof TooManyRules)) throw error;
      if (error instanceof ArgumentsCompared) {
        const message = `${name}: arguments are compared with each other by ${error.op}, which libseccomp's rules cannot say`;
        const hint = 'compare each with constants; of two arguments a == b becomes no rule, a != b and (a & b) != 0 do';
        this.#issue('too-many-conditions', error.place, message, hint);
        return [];
      }
      const message = `${name}: these conditions would take more than ${MAX_RULES} libseccomp rules`;
      this.#issue(
        'too-many-conditions',
        cases[0]!.call,
        message,
        'compare an argument with constants, by == or under a mask',
      );
      return [];
    }
  }

  #decision({ action, data, ...place }: KafelAction): Decision {
    if (data === undefined) return { action };
    if (action === 'SCMP_ACT_TRAP') return { action, ...(data !== 0 && { trapData: BigInt(data) }) };
    if (action === 'SCMP_ACT_ERRNO' && data >= MAX_ERRNO) {
      this.#issue('out-of-range', place, `an errno is at most ${MAX_ERRNO - 1}, and this is ${data}`);
    }
    return { action, errnoRet: BigInt(data) };
  }

  #condition(expression: KafelExpression, parameters: readonly KafelArgument[], call: string): Condition {
    switch (expression.kind) {
      case 'not':
        return { kind: 'not', of: this.#condition(expression.of, parameters, call) };
      case 'compare':
        return this.#compared(expression, parameters, call);
      default:
        return { kind: expression.kind, of: expression.of.map((each) => this.#condition(each, parameters, call)) };
    }
  }

  #compared(
    { op, left, right, ...place }: KafelComparison,
    parameters: readonly KafelArgument[],
    call: string,
  ): Condition {
    const bitsOf = (value: KafelValue): BitValue => {
      if (value.kind === 'number') return value;
      if (value.kind !== 'argument') return { kind: value.kind, left: bitsOf(value.left), right: bitsOf(value.right) };
      const index = parameters.findIndex(({ name }) => name === value.word);
      if (index >= 0) return { kind: 'argument', index, bits: parameters[index]!.bits };
      const names = parameters.map(({ name }) => name);
      const nearest = nearestName(value.word, names, Math.min(2, value.word.length - 2));
      const isConstant = /^[A-Z][A-Z0-9_]+$/.test(value.word);
      const known = names.length > 0 ? `it has ${names.join(', ')}` : 'name its arguments in parentheses';
      const hint = nearest
        ? `did you mean ${quote(nearest)}?`
        : isConstant
          ? `"#define ${value.word} N" before it`
          : known;
      this.#issue('unknown-argument', value, `${call} has no argument ${quote(value.word)}`, hint);
      return { kind: 'number', value: 0n };
    };
    const [one, other] = [bitsOf(left), bitsOf(right)];
    const condition = compareBits(op, one, other);
    const named = new Set([...argumentNames(left), ...argumentNames(right)]);
    const narrow = parameters.find(({ name, bits }) => bits === 32 && named.has(name));
    if (narrow && isComparedWide(one, other)) {
      const message = `${call}: ${narrow.name} has 32 bits, and is compared in 64, with what the caller left above them: the other side has more than 32`;
      this.#warn('comparison-widened', place, message);
    }
    if (condition.kind !== 'literal' || named.size < 2) return condition;
    return {
      kind: 'literal',
      holds: (isNegated) => {
        try {
          return condition.holds(isNegated);
        } catch (error) {
          throw error instanceof TooManyRules ? new ArgumentsCompared(place, op) : error;
        }
      },
    };
  }

  #issue(code: ProfileIssueCode, place: KafelPlace, message: string, hint?: string): void {
    this.#issues.push({ code, message, hint, ...this.#entries.place(place) });
  }

  #warn(code: string, place: KafelPlace, message: string): void {
    this.#warnings.push({ code, message, ...this.#entries.place(place) });
  }
}

/** Whether a part of it compares two arguments, or more, with each other. */
function hasComparedArguments(expression: KafelExpression): boolean {
  if (expression.kind === 'not') return hasComparedArguments(expression.of);
  if (expression.kind !== 'compare') return expression.of.some(hasComparedArguments);
  return new Set([...argumentNames(expression.left), ...argumentNames(expression.right)]).size > 1;
}

function* argumentNames(value: KafelValue): Generator<string> {
  if (value.kind === 'argument') yield value.word;
  else if (value.kind !== 'number') {
    yield* argumentNames(value.left);
    yield* argumentNames(value.right);
  }
}
