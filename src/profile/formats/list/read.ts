import { ACTION_DATA_MASK, type ActionName, mayRun } from '../../../action.js';
import { ARCHITECTURES, type Architecture, findArchitecture, nearestArchitecture } from '../../../architecture.js';
import type { Warning } from '../../../policy.js';
import { quote } from '../../../text.js';
import type { ProfileIssue, ProfileIssueCode } from '../../document/profile-error.js';
import { failOnIssues } from '../../document/profile-error.js';
import type { SourceText } from '../../document/source-text.js';
import { dockerNames } from '../../model/conditional-entry.js';
import { finishProfile } from '../../model/finish-profile.js';
import type { ParsedProfile, Place } from '../../model/parsed-profile.js';
import {
  type DockerCondition,
  type DockerSeccomp,
  type DockerSyscall,
  FLAG_NAMES,
  NATIVE_ARCHITECTURE,
} from '../../model/schema.js';
import { type BitComparison, type ExactRule, exactRules, MAX_RULES } from '../exact-conditions.js';
import { entriesOfRules } from '../rule-entries.js';
import { groupConditions, parseInteger } from './conditions.js';
import { list } from './format.js';
import {
  type ListAction,
  type ListCall,
  type ListStatement,
  type ListTest,
  type ListWord,
  parseList,
} from './parser.js';

const ACTION_NAMES: Readonly<Record<ListAction['kind'], ActionName>> = {
  allow: 'SCMP_ACT_ALLOW',
  deny: 'SCMP_ACT_ERRNO',
  log: 'SCMP_ACT_LOG',
  trap: 'SCMP_ACT_TRAP',
  notify: 'SCMP_ACT_NOTIFY',
  kill: 'SCMP_ACT_KILL_PROCESS',
  'kill-process': 'SCMP_ACT_KILL_PROCESS',
  'kill-thread': 'SCMP_ACT_KILL_THREAD',
  errno: 'SCMP_ACT_ERRNO',
  trace: 'SCMP_ACT_TRACE',
};

/** Flags as the list has them: `wait-killable-recv`. */
export const FLAG_WORDS: ReadonlyMap<string, (typeof FLAG_NAMES)[number]> = new Map(
  FLAG_NAMES.map((name) => [name.replace('SECCOMP_FILTER_FLAG_', '').toLowerCase().replaceAll('_', '-'), name]),
);

/** Whether a comparison holds for every argument. */
function isAlways({ op, bits, value, mask }: BitComparison): boolean {
  if (mask !== undefined) return mask === 0n;
  return (op === 'GE' && value === 0n) || (op === 'LE' && value === 2n ** BigInt(bits) - 1n);
}

type Rule = Extract<ListStatement, { kind: 'rule' }>;

/** Read a plain list: docs/list-format.md says what it means. */
export function readList(text: SourceText): ParsedProfile {
  return new ListReader(text).read(parseList(text));
}

class ListReader {
  readonly #issues: ProfileIssue[] = [];
  readonly #warnings: Warning[] = [];
  readonly #syscalls: DockerSyscall[] = [];
  /** Of each entry made: where its statement, its names and its action's value are. */
  readonly #origins: { offset: number; names: number[]; action: number }[] = [];
  /** Of the keys of the section, by key: where their words are. */
  readonly #words = new Map<string, number[]>();
  #architectures: Architecture[] = [];

  readonly #text: SourceText;

  constructor(text: SourceText) {
    this.#text = text;
  }

  read(statements: readonly ListStatement[]): ParsedProfile {
    const settings = this.#settings(statements);
    for (const statement of statements) if (statement.kind === 'rule') this.#addRule(statement);
    const inheritsDefault = settings.defaultAction === undefined;
    if (inheritsDefault && !settings.extends) {
      const hint = 'begin with "default errno EPERM" (what is not listed is denied) or "default allow"';
      this.#issue('missing-key', 0, 'there is no default', hint);
    }
    failOnIssues(this.#issues, this.#text.source);
    const seccomp: DockerSeccomp = {
      defaultAction: 'SCMP_ACT_KILL_PROCESS',
      ...settings,
      ...(this.#syscalls.length > 0 ? { syscalls: this.#syscalls } : {}),
    };
    return finishProfile(list, this.#text, {
      seccomp,
      locate: (...path) => this.#locate(path),
      warnings: this.#warnings,
      ...(inheritsDefault ? { inheritsDefault } : {}),
    });
  }

  #locate([key, entry, part, index]: readonly (string | number)[]): Place {
    if (key !== 'syscalls' || typeof entry !== 'number') {
      const offsets = this.#words.get(String(key)) ?? [0];
      return { path: '', position: this.#text.positionAt(offsets[typeof entry === 'number' ? entry : 0] ?? 0) };
    }
    const { offset, names, action } = this.#origins[entry] ?? { offset: 0, names: [], action: 0 };
    const isAction = part === 'action' || part === 'errno' || part === 'errnoRet';
    const at = part === 'names' ? (names[typeof index === 'number' ? index : 0] ?? offset) : isAction ? action : offset;
    const position = this.#text.positionAt(at);
    return { path: `line ${position.line}`, position };
  }

  #issue(code: ProfileIssueCode, offset: number, message: string, hint?: string): void {
    this.#issues.push({ code, message, hint, path: '', position: this.#text.positionAt(offset) });
  }

  #settings(statements: readonly ListStatement[]): Partial<DockerSeccomp> {
    const settings: Partial<DockerSeccomp> = {};
    const once = new Map<string, number>();
    for (const statement of statements) {
      if (statement.kind === 'rule') continue;
      const { kind, offset } = statement;
      if (kind === 'default' || 'word' in statement) {
        const earlier = once.get(kind);
        if (earlier !== undefined) {
          const { line } = this.#text.positionAt(earlier);
          this.#issue('duplicate-key', offset, `${quote(kind)} was given before, in line ${line}`);
        }
        once.set(kind, offset);
      }
      switch (kind) {
        case 'default': {
          const { action, ...errno } = this.#action(statement.action);
          settings.defaultAction = action;
          if ('errno' in errno) settings.defaultErrno = errno.errno;
          if ('trapData' in errno) settings.defaultTrapData = errno.trapData;
          if ('errnoRet' in errno) settings.defaultErrnoRet = errno.errnoRet;
          const at = [(statement.action.data ?? statement.action).offset];
          for (const key of ['defaultAction', 'defaultErrno', 'defaultErrnoRet']) this.#words.set(key, at);
          break;
        }
        case 'arch':
          settings.architectures = this.#list('architectures', settings.architectures, statement.words, (word) =>
            this.#architecture(word),
          );
          break;
        case 'flags':
          settings.flags = this.#list('flags', settings.flags, statement.words, (word) =>
            word.text === 'none' ? undefined : this.#flag(word),
          );
          break;
        case 'remove':
          settings.remove = this.#list('remove', settings.remove, statement.words, ({ text }) => text);
          break;
        case 'extends':
          settings.extends = statement.word.text;
          this.#words.set('extends', [statement.word.offset]);
          break;
        case 'enosys-newer-than':
          settings.enosysNewerThan = statement.word.text;
          this.#words.set('enosysNewerThan', [statement.word.offset]);
          break;
        case 'listener':
          settings.listenerPath = statement.word.text;
          this.#words.set('listenerPath', [statement.word.offset]);
          break;
        case 'listener-metadata':
          settings.listenerMetadata = statement.word.text;
          this.#words.set('listenerMetadata', [statement.word.offset]);
          break;
      }
    }
    return settings;
  }

  #list<T>(
    key: string,
    before: readonly T[] | null | undefined,
    words: readonly ListWord[],
    read: (word: ListWord) => T | undefined,
  ): T[] {
    const list = [...(before ?? [])];
    for (const word of words) {
      const value = read(word);
      if (value === undefined) continue;
      list.push(value);
      this.#words.set(key, [...(this.#words.get(key) ?? []), word.offset]);
    }
    return list;
  }

  #architecture(word: ListWord): string | undefined {
    if (word.text === 'native') return NATIVE_ARCHITECTURE;
    const architecture = this.#findArchitecture(word);
    if (architecture) this.#architectures.push(architecture);
    return architecture?.ociName;
  }

  #findArchitecture({ text, offset }: ListWord): Architecture | undefined {
    const architecture = findArchitecture(text);
    if (architecture) return architecture;
    const nearest = nearestArchitecture(text)?.name;
    const hint = nearest
      ? `did you mean ${quote(nearest)}?`
      : `known are ${ARCHITECTURES.map(({ name }) => name).join(', ')}`;
    this.#issue('unknown-architecture', offset, `unknown architecture ${quote(text)}`, hint);
    return undefined;
  }

  #flag({ text, offset }: ListWord): (typeof FLAG_NAMES)[number] | undefined {
    const flag = FLAG_WORDS.get(text) ?? FLAG_NAMES.find((name) => name === text);
    if (!flag)
      this.#issue(
        'unknown-flag',
        offset,
        `unknown flag ${quote(text)}`,
        `known are ${[...FLAG_WORDS.keys()].join(', ')}`,
      );
    return flag;
  }

  #action({ kind, data }: ListAction): Pick<DockerSyscall, 'action' | 'errno' | 'errnoRet' | 'trapData'> {
    const action = ACTION_NAMES[kind];
    // EPERM has the same number everywhere.
    if (kind === 'deny') return { action, errnoRet: 1n };
    if (data === undefined) return { action };
    if (!/^-?\d/.test(data.text)) return { action, errno: data.text };
    const number = parseInteger(data.text);
    const end = kind === 'trap' ? BigInt(ACTION_DATA_MASK) + 1n : 2n ** 32n;
    if (number === undefined || number < 0n || number >= end) {
      this.#issue('out-of-range', data.offset, `${quote(data.text)} is no number an action can carry`);
      return { action };
    }
    return kind === 'trap' ? { action, ...(number !== 0n && { trapData: number }) } : { action, errnoRet: number };
  }

  #addRule(rule: Rule): void {
    const { comment, calls } = rule;
    const when = this.#when(rule.tests);
    const entry = { ...this.#action(rule.action), ...(comment === undefined ? {} : { comment }), ...when };
    let plain: ListWord[] = [];
    const flush = () => {
      if (plain.length > 0) this.#push(rule, plain, [{ ...entry, names: plain.map(({ text }) => text) }]);
      plain = [];
    };
    for (const call of calls) {
      if (call.conditions.length === 0) {
        plain.push(call);
      } else {
        flush();
        this.#push(rule, [call], this.#conditional({ ...entry, names: [call.text] }, call));
      }
    }
    flush();
  }

  #push({ offset, action }: Rule, names: readonly ListWord[], entries: readonly DockerSyscall[]): void {
    for (const entry of entries) {
      this.#syscalls.push(entry);
      this.#origins.push({ offset, names: names.map((name) => name.offset), action: (action.data ?? action).offset });
    }
  }

  /** Entries for a call with conditions: one or more for each group of architectures on which they mean the same. */
  #conditional(entry: DockerSyscall, call: ListCall): DockerSyscall[] {
    const { arches } = entry.includes ?? {};
    const targets = ARCHITECTURES.filter(
      (target) => !arches?.length || dockerNames(target).some((name) => arches.includes(name)),
    );
    const groups = groupConditions(call, [...new Set([...targets, ...this.#architectures])]);
    if (!Array.isArray(groups)) {
      this.#issue(groups.code, groups.offset, groups.message, groups.hint);
      return [];
    }
    // The rules of one filter are for all architectures in it.
    const listed = groups.filter((group) => group.architectures.some((each) => this.#architectures.includes(each)));
    if (listed.length > 1 || (listed[0] && listed[0].comparisons === undefined)) {
      const names = this.#architectures.map(({ name }) => name).join(', ');
      const message = `${call.text}: this does not mean the same on all of ${names}, which share one filter`;
      this.#issue(
        'differs-by-architecture',
        call.offset,
        message,
        'write argN:64 and a number, or a list for each architecture',
      );
      return [];
    }
    const isUniform = groups.length === 1;
    const isPermissive = mayRun(entry.action);
    return groups.flatMap((group) => {
      const own = group.architectures.filter((each) => targets.includes(each));
      const differs = listed.length > 0 && group !== listed[0];
      const names = own.flatMap(dockerNames);
      const limited = isUniform ? entry : { ...entry, includes: { ...entry.includes, arches: names } };
      if (names.length === 0) return [];
      // Where it has no meaning: an allowance is left out, and a denial denies for all arguments.
      if (group.comparisons === undefined || differs) return isPermissive ? [] : [limited];
      const rules = exactRules(group.comparisons);
      if (rules === undefined) {
        const message = `${call.text}: these conditions would take more than ${MAX_RULES} libseccomp rules`;
        this.#issue(
          'too-many-conditions',
          call.offset,
          message,
          'say them with == or with a mask, or in several lines',
        );
        return [];
      }
      if (group === groups[0]) this.#warnOfConstant(call, rules, group.comparisons);
      return entriesOfRules(limited, this.#withinListed(rules, call, isPermissive));
    });
  }

  #warnOfConstant(call: ListCall, rules: readonly ExactRule[], comparisons: readonly BitComparison[]): void {
    const [first] = rules;
    const place = { path: '', position: this.#text.positionAt(call.offset) };
    if (!first) {
      const message = `${call.text}: no argument meets these conditions together; the line has no effect`;
      this.#warnings.push({ code: 'never-matches', message, ...place });
    } else if (comparisons.every(isAlways)) {
      const message = `${call.text}: the conditions hold whatever the arguments are`;
      this.#warnings.push({ code: 'always-matches', message, ...place });
    }
  }

  /** Rules for one word size, where the list names architectures that share the filter. */
  #withinListed(rules: readonly ExactRule[], call: ListCall, isPermissive: boolean): readonly ExactRule[] {
    const isWide = rules.some(({ wordSize }) => wordSize !== undefined);
    if (!isWide || this.#architectures.length === 0) return rules;
    const narrow = this.#architectures.find(({ wordSize }) => wordSize === 32);
    if (narrow) {
      const message = `${call.text}: a value of more than 32 bits, and ${narrow.name} is in the filter, whose arguments have 32`;
      this.#issue('wide-value', call.offset, message, 'write a list for it');
    }
    // All that are listed have 64 bits. If the target has 32, a denial must still be in the filter.
    return isPermissive ? rules : rules.filter((rule) => rule.wordSize !== 32).map(({ args }) => ({ args }));
  }

  #when(tests: readonly ListTest[]): Pick<DockerSyscall, 'includes' | 'excludes'> {
    const clauses: { includes: DockerCondition; excludes: DockerCondition } = { includes: {}, excludes: {} };
    for (const { isNot, kind, words } of tests) {
      const clause = clauses[isNot ? 'excludes' : 'includes'];
      const key = ({ cap: 'caps', arch: 'arches', kernel: 'minKernel' } as const)[kind];
      const [first] = words as [ListWord, ...ListWord[]];
      if (clause[key]) {
        this.#issue(
          'duplicate-key',
          first.offset,
          `${isNot ? 'not ' : ''}${kind} was asked before in this line`,
          'ask once, for all',
        );
      }
      if (kind === 'kernel') {
        clause.minKernel = first.text;
        if (!/^\d{1,3}\.\d{1,3}$/.test(first.text)) {
          const message = `must be a kernel version X.Y, not ${quote(first.text)}`;
          this.#issue('bad-kernel-version', first.offset, message, 'for instance 4.8');
        }
      } else if (kind === 'cap') {
        clause.caps = words.map(({ text }) => (text.startsWith('CAP_') ? text : `CAP_${text.toUpperCase()}`));
      } else {
        const found = words.map((word) => this.#findArchitecture(word)).filter((each) => each !== undefined);
        clause.arches = found.flatMap((each) => dockerNames(each));
      }
    }
    return {
      ...(Object.keys(clauses.includes).length > 0 ? { includes: clauses.includes } : {}),
      ...(Object.keys(clauses.excludes).length > 0 ? { excludes: clauses.excludes } : {}),
    };
  }
}
