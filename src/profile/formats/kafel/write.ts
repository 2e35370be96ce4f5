import type { ActionName } from '../../../action.js';
import { syscallNumber } from '../../../syscalls/syscall-name.js';
import { quote } from '../../../text.js';
import { exactKey } from '../../document/exact-json.js';
import { dockerNames } from '../../model/conditional-entry.js';
import type { DockerSeccomp } from '../../model/schema.js';
import type { Draft } from '../handler.js';
import { plainErrno, type Unrepresentable } from '../plain-section.js';
import { type WrittenCase, writtenCalls } from '../written-calls.js';
import { commentLines } from '../written-text.js';
import { kafelCall, TARGETS } from './calls.js';
import { kafelName, NARROWER, WIDER } from './names.js';
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
  const calls = writtenCalls(draft);
  const meanings = new Map(calls.map(({ name, cases }) => [name, exactKey(cases.map(meaningOf))]));
  for (const { name, comment, cases } of calls) {
    const narrow = NARROWER.get(name);
    if (narrow !== undefined && meanings.get(narrow) === meanings.get(name)) continue;
    const other = narrow ?? WIDER.get(name);
    const { target } = draft;
    // Without a target the policy is for machines that have one of them, unless it names the other one.
    const hasBoth = target ? other && syscallNumber(other, target.name) !== undefined : narrow !== undefined;
    if (hasBoth && meanings.get(other!) !== meanings.get(name)) {
      const words = `${quote(name)} without ${quote(other!)}, for which kafel has one name`;
      cases[0]?.cannot(words, target ? 'say the same of both' : 'choose the target (--arch)', 'names');
    }
    const notes = comment === undefined || comment === above ? [] : commentLines(comment, '//');
    above = comment;
    const word = kafelName(name);
    const known = kafelCall(word);
    if (known?.name !== name && known?.wider !== name) cases[0]?.cannot(`the name ${quote(name)}`, undefined, 'names');
    const byKey = new Map<string, { action: string; targets: string; cases: WrittenCase[] }>();
    for (const each of cases) {
      const { action, errno, errnoRet, trapData } = each.entry;
      const words = trapData ? `TRAP(${trapData})` : actionText(action, errno, errnoRet, each.cannot, 'errno');
      const targets = targetsOf(each);
      if (targets === undefined) continue;
      const key = `${words} ${targets}`;
      const group = byKey.get(key) ?? { action: words, targets, cases: [] };
      group.cases.push(each);
      byKey.set(key, group);
    }
    let isFirst = true;
    for (const { action, targets, cases: own } of byKey.values()) {
      const text = `${filterText(
        word,
        own.map(({ args }) => args),
      )}${targets}`;
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

/** What a case says, whatever the call. */
const meaningOf = ({ entry: { action, errno, errnoRet, trapData }, args, arches }: WrittenCase) => ({
  action,
  errno,
  errnoRet,
  trapData,
  args,
  arches,
});

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

/** ` ON …`; undefined where the case is for none of kafel's targets. */
function targetsOf({ arches }: WrittenCase): string | undefined {
  if (arches === undefined) return '';
  const names = [...TARGETS]
    .filter(([, target]) => dockerNames(target).some((name) => arches.includes(name)))
    .map(([name]) => name);
  if (names.length === 0) return undefined;
  return names.length === 1 ? ` ON ${names[0]}` : ` ON { ${names.join(', ')} }`;
}
