import { type ActionName, kindOfName, permits } from '../../../action.js';
import { nearestName } from '../../../nearest-name.js';
import type { Warning } from '../../../policy.js';
import { quote } from '../../../text.js';
import type { JsonPath } from '../../document/json-path.js';
import { isJsonObject, type JsonObject, type JsonValue, typeWord } from '../../document/json-value.js';
import { failOnIssues, type ProfileIssue, type ProfileIssueCode } from '../../document/profile-error.js';
import type { SourceDocument } from '../../document/source-document.js';
import { finishProfile } from '../../model/finish-profile.js';
import type { ParsedProfile, Place } from '../../model/parsed-profile.js';
import type { DockerSeccomp, DockerSyscall } from '../../model/schema.js';
import { type BitComparison, exactRules, MAX_RULES } from '../exact-conditions.js';
import { entriesOfRules } from '../rule-entries.js';
import { goSeccompBpf, type PolicyMember, type PolicyPlaces, policyPlaces } from './format.js';

type Action = Pick<DockerSyscall, 'action' | 'errnoRet'>;

/** The library's words; its errno is EPERM, and its trace has no message. */
export const ACTIONS: ReadonlyMap<string, Action> = new Map<string, Action>([
  ['kill_thread', { action: 'SCMP_ACT_KILL_THREAD' }],
  ['kill_process', { action: 'SCMP_ACT_KILL_PROCESS' }],
  ['trap', { action: 'SCMP_ACT_TRAP' }],
  ['errno', { action: 'SCMP_ACT_ERRNO', errnoRet: 1n }],
  ['trace', { action: 'SCMP_ACT_TRACE', errnoRet: 0n }],
  ['log', { action: 'SCMP_ACT_LOG' }],
  ['allow', { action: 'SCMP_ACT_ALLOW' }],
]);

const OPERATIONS: ReadonlyMap<string, BitComparison['op'] | 'SET' | 'UNSET'> = new Map([
  ['equal', 'EQ'],
  ['notequal', 'NE'],
  ['greaterthan', 'GT'],
  ['lessthan', 'LT'],
  ['greaterorequal', 'GE'],
  ['lessorequal', 'LE'],
  ['bitsset', 'SET'],
  ['bitsnotset', 'UNSET'],
]);
/** As the library's own text has them; capitals do not count. */
export const OPERATION_NAMES =
  'Equal NotEqual GreaterThan LessThan GreaterOrEqual LessOrEqual BitsSet BitsNotSet'.split(' ');

/**
 * Read a policy of go-seccomp-bpf 1.4 (filter.go): groups of calls with an action, by name or with conditions on their
 * arguments, of 64 bits, of which all must hold. Its own program never reaches a group after the first; here the groups
 * are read as they are written, the first that matches decides, and a warning says so.
 */
export function readGoSeccompBpf(document: SourceDocument): ParsedProfile {
  return new GoReader(document).read();
}

class GoReader {
  readonly #issues: ProfileIssue[] = [];
  readonly #warnings: Warning[] = [];
  readonly #syscalls: DockerSyscall[] = [];
  /** Of each entry made, where its names and conditions are. */
  readonly #origins: { group: JsonPath; names: JsonPath[] }[] = [];
  /** Calls of earlier groups, and whether for all arguments. */
  readonly #decided = new Map<string, { isWhole: boolean; group: number }>();

  readonly #document: SourceDocument;

  constructor(document: SourceDocument) {
    this.#document = document;
  }

  read(): ParsedProfile {
    const places = policyPlaces(this.#document.object());
    if (!places) {
      const message = 'there is no policy: neither "default_action" and "syscalls", nor these in "seccomp" or "policy"';
      throw this.#document.fail([], { code: 'no-seccomp-section', message });
    }
    const path = (member: PolicyMember) => this.#pathOf(member, places);
    this.#checkMembers(places);
    if (this.#at(places, 'enabled') === false) {
      if (!places.members.has('default_action') && !places.members.has('syscalls')) {
        const message = 'there is no policy: "enabled" is false, and the Beat installs no filter';
        throw this.#document.fail(path('enabled'), { code: 'no-seccomp-section', message });
      }
      const message = 'the Beat does not install the policy ("enabled" is false); it is read as if it did';
      this.#warnings.push({ code: 'disabled-profile', message, ...this.#document.placeOf(path('enabled')) });
    }
    const byDefault = this.#action(this.#at(places, 'default_action'), path('default_action'));
    const groups = this.#at(places, 'syscalls');
    if (!Array.isArray(groups) || groups.length === 0) {
      this.#issue('wrong-type', path('syscalls'), 'must be a list of groups, with one at least');
    } else {
      groups.forEach((group, index) => {
        this.#addGroup(group as JsonValue, index, [...path('syscalls'), index], byDefault);
      });
    }
    failOnIssues(this.#issues, this.#document.source);
    const { action: defaultAction, errnoRet } = byDefault as Action;
    const seccomp: DockerSeccomp = {
      defaultAction,
      ...(errnoRet === undefined ? {} : { defaultErrnoRet: errnoRet }),
      syscalls: this.#syscalls,
    };
    return finishProfile(goSeccompBpf, this.#document, {
      seccomp,
      locate: (...wanted) => this.#locate(wanted, path),
      warnings: this.#warnings,
    });
  }

  #locate([key, entry, part, index]: readonly (string | number)[], path: (member: PolicyMember) => JsonPath): Place {
    const origin = key === 'syscalls' ? this.#origins[Number(entry)] : undefined;
    if (!origin) return this.#document.placeOf(path(key === 'syscalls' ? 'syscalls' : 'default_action'));
    if (part === 'action' || part === 'errnoRet') return this.#document.placeOf([...origin.group, 'action']);
    return this.#document.placeOf(origin.names[part === 'names' ? Number(index ?? 0) : 0] ?? origin.group);
  }

  /** The path of a member, or the one that it would have. */
  #pathOf(member: PolicyMember, { root, members }: PolicyPlaces): JsonPath {
    return members.get(member) ?? (root ? [...root, member] : [`seccomp.${member}`]);
  }

  #at({ members }: PolicyPlaces, member: PolicyMember): JsonValue | undefined {
    return members.get(member)?.reduce<JsonValue>((value, key) => (value as JsonObject)[key]!, this.#document.value);
  }

  /** What is beside them: of keys with dots a Beat's other settings are nobody's business here, but for those of seccomp. */
  #checkMembers({ root, members }: PolicyPlaces): void {
    const keys = this.#document.object();
    const known: readonly PolicyMember[] = ['default_action', 'syscalls', 'enabled'];
    if (root?.length) this.#checkKeys(keys[String(root[0])] as JsonObject, root, known);
    if (root) return;
    const dotted = known.map((member) => `seccomp.${member}`);
    const own = Object.keys(keys).filter((key) => key.startsWith('seccomp.'));
    this.#checkKeys(Object.fromEntries(own.map((key) => [key, null])), [], dotted);
    if (!isJsonObject(keys.seccomp)) return;
    this.#checkKeys(keys.seccomp, ['seccomp'], known);
    for (const member of Object.keys(keys.seccomp)) {
      if (members.get(member as PolicyMember)?.length !== 1) continue;
      const message = `${quote(`seccomp.${member}`)} is in "seccomp" too`;
      this.#issue('duplicate-key', ['seccomp', member], message, 'take one of them out');
    }
  }

  #issue(code: ProfileIssueCode, path: JsonPath, message: string, hint?: string): void {
    this.#issues.push({ code, message, hint, ...this.#document.placeOf(path) });
  }

  #checkKeys(value: JsonObject, path: JsonPath, known: readonly string[]): void {
    for (const key of Object.keys(value)) {
      if (known.includes(key)) continue;
      const nearest = nearestName(key, known);
      const hint = nearest ? `did you mean ${quote(nearest)}?` : `known are ${known.join(', ')}`;
      this.#issues.push({
        code: 'misspelt-key',
        message: `unknown key ${quote(key)}`,
        hint,
        ...this.#document.placeOfKey([...path, key]),
      });
    }
  }

  #action(value: JsonValue | undefined, path: JsonPath): Action | undefined {
    const found = typeof value === 'string' ? ACTIONS.get(value.toLowerCase()) : undefined;
    if (found) return found;
    const what = typeof value === 'string' ? quote(value) : typeWord(value as JsonValue);
    const nearest = typeof value === 'string' ? nearestName(value.toLowerCase(), ACTIONS.keys()) : undefined;
    const hint = nearest ? `did you mean ${quote(nearest)}?` : `known are ${[...ACTIONS.keys()].join(', ')}`;
    if (value === undefined)
      this.#issue('missing-key', path.slice(0, -1), `the key ${quote(String(path.at(-1)))} is missing`);
    else this.#issue('unknown-action', path, `unknown action ${what}`, hint);
    return undefined;
  }

  #addGroup(group: JsonValue, index: number, path: JsonPath, byDefault: Action | undefined): void {
    if (!isJsonObject(group)) {
      this.#issue('wrong-type', path, `must be an object, not ${typeWord(group)}`);
      return;
    }
    this.#checkKeys(group, path, ['names', 'names_with_args', 'action']);
    const action = this.#action(group.action, [...path, 'action']);
    const calls = [
      ...this.#items(group.names, [...path, 'names']).map(({ value, path: at }) => ({
        name: value,
        at,
        rule: undefined,
      })),
      ...this.#items(group.names_with_args, [...path, 'names_with_args']).map(({ value, path: at }) => ({
        name: isJsonObject(value) ? (value.name ?? null) : value,
        at,
        rule: value,
      })),
    ];
    if (index > 0 && calls.length > 0 && byDefault && action) {
      const message = `go-seccomp-bpf 1.4 never reaches a group after the first: ${permits({ kind: kindOfName(byDefault.action) } as never) ? 'it does not deny' : 'it answers with the default'} what is named here`;
      this.#warnings.push({ code: 'unreached-group', message, ...this.#document.placeOf(path) });
    }
    const seen = new Map<string, boolean>();
    for (const { name, at, rule } of calls) {
      if (typeof name !== 'string') {
        this.#issue('wrong-type', at, `must be the name of a system call, not ${typeWord(name)}`);
        continue;
      }
      const isWhole = rule === undefined;
      const before = seen.get(name);
      if (before !== undefined && (isWhole || before)) {
        const message = isWhole && before ? `${name} is named twice` : `${name} with conditions and without`;
        this.#issue('mixed-rules', at, `${message} in a group, which go-seccomp-bpf refuses`, 'keep one of them');
      }
      seen.set(name, isWhole || before === true);
      this.#addCall(name, action, index, path, at, rule);
    }
  }

  #items(value: JsonValue | undefined, path: JsonPath): { value: JsonValue; path: JsonPath }[] {
    if (value === undefined || value === null) return [];
    if (Array.isArray(value)) return value.map((each, index) => ({ value: each as JsonValue, path: [...path, index] }));
    this.#issue('wrong-type', path, `must be a list, not ${typeWord(value)}`);
    return [];
  }

  #addCall(
    name: string,
    action: Action | undefined,
    group: number,
    groupPath: JsonPath,
    at: JsonPath,
    rule: JsonValue | undefined,
  ): void {
    const comparisons = rule === undefined ? [] : this.#comparisons(rule, at);
    const earlier = this.#decided.get(name);
    if (earlier && earlier.group < group) {
      if (earlier.isWhole) return;
      const message = `${name} has conditions in an earlier group: what of it this one decides depends on them`;
      this.#issue('mixed-rules', at, message, 'name it in one group');
      return;
    }
    this.#decided.set(name, { isWhole: rule === undefined || earlier?.isWhole === true, group });
    if (!action || !comparisons) return;
    const last = this.#syscalls.at(-1);
    const origin = this.#origins.at(-1);
    if (rule === undefined && last && !last.args && origin?.group === groupPath) {
      last.names!.push(name);
      origin.names.push(at);
      return;
    }
    const rules = exactRules(comparisons);
    if (rules === undefined) {
      const message = `${name}: these conditions would take more than ${MAX_RULES} libseccomp rules`;
      this.#issue('too-many-conditions', at, message, 'say them with Equal or with fewer bits');
      return;
    }
    for (const entry of entriesOfRules({ names: [name], ...action }, rules)) {
      this.#syscalls.push(entry);
      this.#origins.push({ group: groupPath, names: [at] });
    }
  }

  #comparisons(rule: JsonValue, path: JsonPath): BitComparison[] | undefined {
    if (!isJsonObject(rule)) {
      this.#issue('wrong-type', path, `must be an object, not ${typeWord(rule)}`);
      return undefined;
    }
    this.#checkKeys(rule, path, ['name', 'arguments']);
    const items = this.#items(rule.arguments, [...path, 'arguments']);
    if (items.length === 0) {
      this.#issue('missing-key', path, 'no condition in "arguments"', 'put the name into "names" to match always');
      return undefined;
    }
    const found = items.map(({ value, path: at }) => this.#comparison(value, at));
    return found.includes(undefined) ? undefined : (found as BitComparison[]);
  }

  #comparison(condition: JsonValue, path: JsonPath): BitComparison | undefined {
    if (!isJsonObject(condition)) {
      this.#issue('wrong-type', path, `must be an object, not ${typeWord(condition)}`);
      return undefined;
    }
    this.#checkKeys(condition, path, ['argument', 'position', 'operation', 'value']);
    // Beats' configuration calls it `argument`, the library's YAML `position`.
    const index = condition.argument ?? condition.position ?? 0n;
    const value = condition.value ?? 0n;
    const op = typeof condition.operation === 'string' ? OPERATIONS.get(condition.operation.toLowerCase()) : undefined;
    const isUnsigned = (given: JsonValue, most: bigint) => typeof given === 'bigint' && given >= 0n && given <= most;
    if (!isUnsigned(index, 5n)) this.#issue('out-of-range', path, 'an argument is a number from 0 to 5');
    else if (!isUnsigned(value, 2n ** 64n - 1n))
      this.#issue('out-of-range', path, 'a value is a number of 64 bits, unsigned');
    else if (!op) {
      const nearest =
        typeof condition.operation === 'string' ? nearestName(condition.operation, OPERATION_NAMES, 3) : undefined;
      const hint = nearest ? `did you mean ${nearest}?` : `known are ${OPERATION_NAMES.join(', ')}`;
      this.#issue('unknown-operator', [...path, 'operation'], 'unknown operation', hint);
    } else {
      const base = { index: Number(index), bits: 64 };
      if (op === 'SET') return { ...base, op: 'NE', value: 0n, mask: value as bigint };
      if (op === 'UNSET') return { ...base, op: 'EQ', value: 0n, mask: value as bigint };
      return { ...base, op, value: value as bigint };
    }
    return undefined;
  }
}

/** The word for an action; undefined where there is none. */
export function actionWord({
  action,
  errnoRet,
}: {
  action: ActionName;
  errnoRet?: bigint | null | undefined;
}): string | undefined {
  const kind = action === 'SCMP_ACT_KILL' ? 'SCMP_ACT_KILL_THREAD' : action;
  for (const [word, each] of ACTIONS) {
    const errno = errnoRet ?? (kind === 'SCMP_ACT_ERRNO' || kind === 'SCMP_ACT_TRACE' ? 1n : undefined);
    if (each.action === kind && (each.errnoRet === undefined || each.errnoRet === errno)) return word;
  }
  return undefined;
}
