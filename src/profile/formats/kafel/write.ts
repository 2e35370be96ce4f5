import type { ActionName } from '../../../action.js';
import type { Architecture } from '../../../architecture.js';
import { syscallNumber } from '../../../syscalls/syscall-name.js';
import { quote } from '../../../text.js';
import { dockerNames } from '../../model/conditional-entry.js';
import type { DockerSeccomp, SeccompArgument } from '../../model/schema.js';
import type { Draft } from '../handler.js';
import { plainErrno, type Unrepresentable } from '../plain-section.js';
import { type WrittenCase, writtenCalls } from '../written-calls.js';
import { commentLines } from '../written-text.js';
import { hasWord, kafelName, libseccompName, TARGETS } from './names.js';
import { filterText } from './written-filter.js';

const ACTIONS: Readonly<Record<ActionName, string>> = {
  SCMP_ACT_ALLOW: 'ALLOW',
  SCMP_ACT_LOG: 'LOG',
  SCMP_ACT_TRAP: 'TRAP(0)',
  SCMP_ACT_NOTIFY: 'USER_NOTIF',
  SCMP_ACT_KILL: 'KILL_THREAD',
  SCMP_ACT_KILL_THREAD: 'KILL_THREAD',
  SCMP_ACT_KILL_PROCESS: 'KILL_PROCESS',
  SCMP_ACT_ERRNO: 'ERRNO',
  SCMP_ACT_TRACE: 'TRACE',
};

/** A profile as a policy of kafel. */
export function writeKafel(draft: Draft): string {
  const { profile, resolved, cannot } = draft;
  const seccomp: DockerSeccomp = resolved ?? profile.seccomp;
  const { defaultAction, defaultErrno, defaultErrnoRet, defaultTrapData } = seccomp;
  const blocks: { action: string; filters: string[][] }[] = [];
  let above: string | undefined;
  for (const { comment, filters } of filtersOf(draft)) {
    const notes = comment === undefined || comment === above ? [] : commentLines(comment, '//');
    above = comment;
    let isFirst = true;
    for (const filter of filters) {
      const { word, action, alternatives } = filter;
      const text = `${filterText(word, alternatives)}${guardText(filter, draft.target)}`;
      const last = blocks.at(-1);
      const block = last?.action === action ? last : { action, filters: [] };
      if (block !== last) blocks.push(block);
      block.filters.push([...(isFirst ? notes : []), text]);
      isFirst = false;
    }
  }
  const lines = blocks.flatMap(({ action, filters }) => [
    `${action} {`,
    ...filters.flatMap((filter, index) =>
      filter.map((line, at) => `  ${line}${at === filter.length - 1 && index < filters.length - 1 ? ',' : ''}`),
    ),
    '}',
  ]);
  const otherwise = defaultTrapData
    ? `TRAP(${defaultTrapData})`
    : actionText(defaultAction, defaultErrno, defaultErrnoRet, cannot, 'defaultErrno');
  return `${[...lines, `DEFAULT ${otherwise}`].join('\n')}\n`;
}

/** What is said of a word, on which targets, and its conditions, of which one must hold. */
interface WordFilter {
  readonly name: string;
  readonly word: string;
  readonly action: string;
  readonly targets: Set<Architecture>;
  readonly alternatives: (readonly SeccompArgument[])[];
}

/** The filters of each call, in the profile's order. Two calls that are one word, each on its targets, share a filter. */
function filtersOf(draft: Draft): { comment: string | undefined; filters: WordFilter[] }[] {
  const byText = new Map<string, WordFilter>();
  const calls = writtenCalls(draft).map(({ name, comment, cases }) => {
    const filters = new Map<string, WordFilter>();
    for (const each of cases) {
      const { action, errno, errnoRet, trapData } = each.entry;
      const words = trapData ? `TRAP(${trapData})` : actionText(action, errno, errnoRet, each.cannot, 'errno');
      for (const [word, targets] of wordsOf(name, each, draft.target)) {
        const key = `${words} ${word} ${[...targets].map((target) => target.name).join()}`;
        const filter = filters.get(key) ?? { name, word, action: words, targets, alternatives: [] };
        filter.alternatives.push(each.args);
        filters.set(key, filter);
      }
    }
    const own = [...filters.values()].filter((filter) => {
      const text = `${filter.action} ${filterText(filter.word, filter.alternatives)}`;
      const alike = byText.get(text);
      if (!alike) byText.set(text, filter);
      for (const target of filter.targets) alike?.targets.add(target);
      return !alike;
    });
    return { comment, filters: own };
  });
  return calls.map(({ comment, filters }) => ({ comment, filters: filters.flatMap(ofOwnWords) }));
}

/** kafel's words for a call on the targets that a case is for: the usual one also where kafel has it not, but it is read as this call. */
function wordsOf(
  name: string,
  { arches, cannot }: WrittenCase,
  target: Architecture | undefined,
): Map<string, Set<Architecture>> {
  const usual = kafelName(name, target?.name);
  const words = new Map<string, Set<Architecture>>();
  for (const each of target ? [target] : TARGETS.values()) {
    if (arches && !dockerNames(each).some((other) => arches.includes(other))) continue;
    if (!target && syscallNumber(name, each.name) === undefined) continue;
    const word = libseccompName(usual, each.name) === name ? usual : kafelName(name, each.name);
    words.set(word, (words.get(word) ?? new Set()).add(each));
  }
  const isKnown = [...TARGETS.values()].some((each) => syscallNumber(name, each.name) !== undefined);
  // No identifier of kafel's begins so.
  const wrong = isKnown ? [...words.keys()].find((word) => word.startsWith('_')) : name;
  if (wrong !== undefined) cannot(`the name ${quote(wrong)}`, undefined, 'names');
  return words;
}

const isWhole = ({ word, targets }: WordFilter) =>
  [...TARGETS.values()].every((each) => targets.has(each) || !hasWord(word, each.name));

/** With ON a word must be one that each of the targets has. */
function ofOwnWords(filter: WordFilter): WordFilter[] {
  if (isWhole(filter)) return [filter];
  const words = new Map<string, Set<Architecture>>();
  for (const each of filter.targets) {
    const word = hasWord(filter.word, each.name) ? filter.word : kafelName(filter.name, each.name);
    words.set(word, (words.get(word) ?? new Set()).add(each));
  }
  return [...words].map(([word, targets]) => ({ ...filter, word, targets }));
}

/** ` ON …` for a word that is meant on some of the targets that have it, or that x86_64 has as the name of another call. */
function guardText(filter: WordFilter, target: Architecture | undefined): string {
  const { word, targets } = filter;
  const isRefused = !hasWord(word, 'x86_64') && syscallNumber(word, 'x86_64') !== undefined;
  if (!isRefused && (target || isWhole(filter))) return '';
  if (target && !TARGETS.has(target.name)) return '';
  const names = [...TARGETS].filter(([, each]) => targets.has(each)).map(([name]) => name);
  return names.length === 1 ? ` ON ${names[0]}` : ` ON { ${names.join(', ')} }`;
}

function actionText(
  action: ActionName,
  errno: string | null | undefined,
  errnoRet: bigint | null | undefined,
  cannot: Unrepresentable,
  key: string,
): string {
  const word = ACTIONS[action];
  if (action !== 'SCMP_ACT_ERRNO' && action !== 'SCMP_ACT_TRACE') return word;
  const number = plainErrno(action, errno, errnoRet) ?? 1n;
  if (number === 'differs') {
    cannot(`${quote(errno!)} is not the same number everywhere`, 'choose the target (--arch)', key);
    return word;
  }
  return `${word}(${number})`;
}
