import * as z from 'zod/mini';
import { type ActionName, maxErrnoRet } from '../../../action.js';
import { nearestName } from '../../../nearest-name.js';
import type { Warning } from '../../../policy.js';
import { quote } from '../../../text.js';
import type { JsonPath } from '../../document/json-path.js';
import { isJsonObject, type JsonObject, typeWord } from '../../document/json-value.js';
import type { ProfileIssue, ProfileIssueCode } from '../../document/profile-error.js';
import { failOnIssues } from '../../document/profile-error.js';
import type { SourceDocument } from '../../document/source-document.js';
import { finishProfile } from '../../model/finish-profile.js';
import type { ParsedProfile, Place } from '../../model/parsed-profile.js';
import type { DockerSeccomp, DockerSyscall } from '../../model/schema.js';
import { profileIssue } from '../../model/schema-issues.js';
import { type BitComparison, exactRules, MAX_RULES } from '../exact-conditions.js';
import type { ReadOptions } from '../read-options.js';
import { entriesOfRules } from '../rule-entries.js';
import { seccompiler } from './format.js';

const integer = (least: bigint, most: bigint) => z.bigint().check(z.minimum(least), z.maximum(most));
const uint64 = integer(0n, 2n ** 64n - 1n);

export const ACTIONS = ['allow', 'trap', 'kill_thread', 'kill_process', 'log'] as const;
export const OPERATORS = ['eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const;

const condition = z.object({
  index: integer(0n, 5n),
  type: z.enum(['dword', 'qword']),
  op: z.union([z.enum(OPERATORS), z.object({ masked_eq: uint64 })]),
  val: uint64,
  comment: z.nullish(z.string()),
});
const rule = z.object({
  syscall: z.string(),
  args: z.nullish(z.array(condition)),
  comment: z.nullish(z.string()),
});
const rules = z.array(rule);

const KEYS = {
  filter: ['mismatch_action', 'default_action', 'match_action', 'filter_action', 'filter'],
  rule: Object.keys(rule.shape),
  condition: Object.keys(condition.shape),
};

/** The message for a value that is not one of a few. */
const CHOICES: ReadonlyMap<string, { code: ProfileIssueCode; known: string }> = new Map(
  Object.entries({
    type: { code: 'wrong-type', known: '"dword" or "qword"' },
    op: { code: 'unknown-operator', known: `one of ${OPERATORS.join(', ')}, or {"masked_eq": N}` },
  }),
);

type Rule = z.infer<typeof rule>;
type Condition = z.infer<typeof condition>;
type Action = Pick<DockerSyscall, 'action' | 'errnoRet'>;

/**
 * Read one thread's filter of a seccompiler file (Firecracker; rust-vmm/seccompiler, src/frontend/json.rs). A `dword`
 * condition compares the low 32 bits, which libseccomp can express only with masks, so it is expanded, exactly. So are
 * several conditions on one argument, since runtimes would turn their AND into OR. Too many rules are an error. So is
 * an unknown key, as in seccompiler.
 */
export function readSeccompiler(document: SourceDocument, { thread }: ReadOptions): ParsedProfile {
  const filters = document.object();
  const name = selectThread(document, Object.keys(filters), thread);
  const filter = filters[name];
  if (!isJsonObject(filter)) {
    const message = `must be an object, not ${typeWord(filter as never)}`;
    throw document.fail([name], { code: 'wrong-type', message });
  }
  return new Reader(document, name, filter).read();
}

function selectThread(document: SourceDocument, names: readonly string[], thread: string | undefined): string {
  const listed = names.map((name) => quote(name)).join(', ');
  const fail = (code: ProfileIssueCode, message: string, hint: string) => document.fail([], { code, message, hint });
  if (thread !== undefined) {
    if (names.includes(thread)) return thread;
    throw fail('unknown-thread', `there is no filter for a thread ${quote(thread)}`, `there are ${listed || 'none'}`);
  }
  const [only, second] = names;
  if (only === undefined) throw fail('unknown-thread', 'there is no filter in it', 'name a thread, with its filter');
  if (second !== undefined) {
    throw fail(
      'several-threads',
      `filters for ${names.length} threads: ${listed}`,
      'choose one with --thread (option "thread")',
    );
  }
  return only;
}

class Reader {
  readonly #issues: ProfileIssue[] = [];
  readonly #warnings: Warning[] = [];
  readonly #syscalls: DockerSyscall[] = [];
  #parsed: readonly Rule[] = [];
  /** Of each entry made, the rule it is from. */
  readonly #ruleOf: number[] = [];

  readonly #document: SourceDocument;
  readonly #thread: string;
  readonly #filter: JsonObject;

  constructor(document: SourceDocument, thread: string, filter: JsonObject) {
    this.#document = document;
    this.#thread = thread;
    this.#filter = filter;
  }

  read(): ParsedProfile {
    const filter = this.#filter;
    this.#checkKeys(filter, [], KEYS.filter);
    const defaultKey = this.#keyOf('mismatch_action', 'default_action');
    const matchKey = this.#keyOf('match_action', 'filter_action');
    const mismatch = this.#action(defaultKey);
    const match = this.#action(matchKey);
    if (mismatch && match && mismatch.action === match.action && mismatch.errnoRet === match.errnoRet) {
      this.#issue('identical-actions', [matchKey], `the same as ${quote(defaultKey)}: the filter decides nothing`);
    }
    const parsed = this.#rules();
    this.#parsed = parsed;
    failOnIssues(this.#issues, this.#document.source);
    parsed.forEach((each, index) => {
      this.#addRule(each, index, match as Action);
    });
    this.#checkMixed(parsed);
    const { action: defaultAction, errnoRet: defaultErrnoRet } = mismatch as Action;
    const seccomp: DockerSeccomp = { defaultAction, defaultErrnoRet, syscalls: this.#syscalls };
    return finishProfile(seccompiler, this.#document, {
      seccomp,
      locate: (...path) => this.#locate(path, defaultKey),
      issues: this.#issues,
      warnings: this.#warnings,
    });
  }

  /** The place in the file of a value that was made from it. */
  #locate(path: JsonPath, defaultKey: string): Place {
    const [first, entry, key, position, part] = path;
    if (first === 'defaultAction' || first === 'defaultErrnoRet') return this.#place([defaultKey]);
    if (first !== 'syscalls') return this.#place([]);
    if (typeof entry !== 'number') return this.#place(['filter']);
    const origin = ['filter', this.#ruleOf[entry] ?? 0];
    if (key === 'names' || key === 'name') return this.#place([...origin, 'syscall']);
    if (key === 'args' && position === undefined) return this.#place([...origin, 'args']);
    if (part !== 'value' && part !== 'valueTwo') return this.#place(origin);
    // The conditions that were made differ from the rule's, and have another order: the argument tells, if one is about it.
    const args = this.#parsed[this.#ruleOf[entry] ?? 0]?.args ?? [];
    const made = this.#syscalls[entry]?.args?.[position as number];
    const [at, another] = args.flatMap(({ index }, each) => (index === made?.index ? [each] : []));
    return this.#place(at === undefined || another !== undefined ? origin : [...origin, 'args', at, 'val']);
  }

  #place(path: JsonPath): Place {
    return this.#document.placeOf([this.#thread, ...path]);
  }

  #issue(code: ProfileIssueCode, path: JsonPath, message: string, hint?: string): void {
    this.#issues.push({ code, message, hint, ...this.#place(path) });
  }

  /** The key as it is written: by its name, or by an older one. */
  #keyOf(name: string, alias: string): string {
    if (name in this.#filter && alias in this.#filter) {
      this.#issue('duplicate-key', [alias], `${quote(alias)} is another name for ${quote(name)}, which is there too`);
    }
    return alias in this.#filter && !(name in this.#filter) ? alias : name;
  }

  #action(key: string): Action | undefined {
    const value = this.#filter[key];
    if (value === undefined) {
      this.#issue('missing-key', [], `the key ${quote(key)} is missing`);
      return undefined;
    }
    if (typeof value === 'string') {
      const known = (ACTIONS as readonly string[]).includes(value);
      if (known) return { action: `SCMP_ACT_${value.toUpperCase()}` as ActionName };
      const nearest = nearestName(value, [...ACTIONS, 'errno', 'trace']);
      const meant = nearest === 'errno' || nearest === 'trace' ? `{"${nearest}": N}` : nearest && quote(nearest);
      const hint = meant ? `did you mean ${meant}?` : `known are ${ACTIONS.join(', ')}, {"errno": N}, {"trace": N}`;
      this.#issue('unknown-action', [key], `unknown action ${quote(value)}`, hint);
      return undefined;
    }
    if (isJsonObject(value) && Object.keys(value).length === 1) {
      const [kind, data] = Object.entries(value)[0]!;
      const action = kind === 'errno' ? 'SCMP_ACT_ERRNO' : kind === 'trace' ? 'SCMP_ACT_TRACE' : undefined;
      if (action === undefined) {
        this.#issue(
          'unknown-action',
          [key],
          `unknown action ${quote(kind)}`,
          'with a number there are "errno" and "trace"',
        );
      } else if (typeof data !== 'bigint') {
        this.#issue('wrong-type', [key, kind], `must be an integer, not ${typeWord(data)}`);
      } else if (data < 0n || data > maxErrnoRet(action)!) {
        this.#issue('out-of-range', [key, kind], `must be from 0 to ${maxErrnoRet(action)}, not ${data}`);
      } else {
        return { action, errnoRet: data };
      }
      return undefined;
    }
    this.#issue('wrong-type', [key], `must be an action, not ${typeWord(value)}`);
    return undefined;
  }

  #rules(): Rule[] {
    const { filter } = this.#filter;
    if (filter === undefined) {
      this.#issue('missing-key', [], 'the key "filter" is missing');
      return [];
    }
    for (const [index, entry] of Array.isArray(filter) ? filter.entries() : []) {
      this.#checkKeys(entry, ['filter', index], KEYS.rule);
      const { args } = isJsonObject(entry) ? entry : {};
      for (const [position, arg] of Array.isArray(args) ? args.entries() : []) {
        this.#checkKeys(arg, ['filter', index, 'args', position], KEYS.condition);
      }
    }
    const parsed = rules.safeParse(filter, { jitless: true });
    if (parsed.success) return parsed.data;
    const root = [this.#thread, 'filter'];
    this.#issues.push(
      ...parsed.error.issues.map((issue) => {
        const found = profileIssue(issue, this.#document, root);
        const choice = found.code === 'missing-key' ? undefined : CHOICES.get(String(issue.path.at(-1)));
        return choice ? { ...found, code: choice.code, message: `must be ${choice.known}`, hint: undefined } : found;
      }),
    );
    return [];
  }

  #checkKeys(value: unknown, path: JsonPath, known: readonly string[]): void {
    if (typeof value !== 'object' || value === null || !isJsonObject(value as JsonObject)) return;
    for (const key of Object.keys(value)) {
      if (known.includes(key)) continue;
      const nearest = nearestName(key, known, Math.min(2, key.length - 1));
      this.#issues.push({
        code: 'misspelt-key',
        message: `unknown key ${quote(key)}, which seccompiler refuses`,
        hint: nearest === undefined ? `known are ${known.join(', ')}` : `did you mean ${quote(nearest)}?`,
        ...this.#document.placeOfKey([this.#thread, ...path, key]),
      });
    }
  }

  #addRule({ syscall, args, comment }: Rule, index: number, match: Action): void {
    const path = ['filter', index];
    if (args?.length === 0) {
      this.#issue(
        'missing-key',
        [...path, 'args'],
        'no condition',
        'take "args" out to match whatever the arguments are',
      );
      return;
    }
    const made = exactRules((args ?? []).map((each, position) => this.#comparison(each, [...path, 'args', position])));
    if (made === undefined) {
      const message = `these conditions would take more than ${MAX_RULES} libseccomp rules`;
      this.#issue(
        'too-many-conditions',
        [...path, 'args'],
        message,
        'say them with eq or masked_eq, or as several rules',
      );
      return;
    }
    if (made.length === 0) {
      const message = `${syscall}: no argument meets these conditions together; the rule never matches`;
      this.#warnings.push({ code: 'never-matches', message, ...this.#place([...path, 'args']) });
    }
    const entry = { names: [syscall], ...match, ...(comment ? { comment } : {}) };
    for (const each of entriesOfRules(entry, made)) {
      this.#syscalls.push(each);
      this.#ruleOf.push(index);
    }
  }

  #comparison({ index, type, op, val }: Condition, path: JsonPath): BitComparison {
    const bits = type === 'dword' ? 32 : 64;
    const value = BigInt.asUintN(bits, val);
    if (value !== val) {
      const message = `a dword is 32 bits: seccompiler compares with the low half, ${value}`;
      this.#warnings.push({ code: 'value-truncated', message, ...this.#place([...path, 'val']) });
    }
    if (typeof op === 'object') {
      // into_masked_eq_bpf: what the mask leaves out of the value does not count.
      const mask = BigInt.asUintN(bits, op.masked_eq);
      return { index: Number(index), bits, op: 'EQ', value: value & mask, mask };
    }
    return { index: Number(index), bits, op: op.toUpperCase() as BitComparison['op'], value };
  }

  /**
   * seccompiler ignores a rule without conditions where the call has another with some (append_syscall_chain). Others
   * let it decide, and so does Firecracker since it compiles with libseccomp. We guess neither.
   */
  #checkMixed(parsed: readonly Rule[]): void {
    parsed.forEach(({ syscall, args }, index) => {
      if (args || !parsed.some((other) => other.syscall === syscall && other.args)) return;
      const message = `${quote(syscall)} has a rule without conditions, this one, beside rules with some: seccompiler ignores it, libseccomp ignores those`;
      this.#issue('mixed-rules', ['filter', index], message, 'keep the one or the others');
    });
  }
}
