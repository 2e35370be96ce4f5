import type { ActionName } from '../../../action.js';
import { findArchitecture } from '../../../architecture.js';
import { syscallSignature } from '../../../syscalls/signature.js';
import { quote } from '../../../text.js';
import { dockerNames } from '../../model/conditional-entry.js';
import type { DockerSyscall } from '../../model/schema.js';
import type { Draft } from '../handler.js';
import type { Unrepresentable } from '../plain-section.js';
import { type WrittenCall, type WrittenCase, writtenCalls } from '../written-calls.js';
import { wordOfCall } from './names.js';
import { conditionText, noteLines } from './written-lines.js';

const ACTIONS: Readonly<Partial<Record<ActionName, string>>> = {
  SCMP_ACT_ALLOW: 'allow',
  SCMP_ACT_LOG: 'log',
  SCMP_ACT_TRAP: 'trap',
  SCMP_ACT_NOTIFY: 'user-notify',
  SCMP_ACT_KILL: 'kill-thread',
  SCMP_ACT_KILL_THREAD: 'kill-thread',
  SCMP_ACT_KILL_PROCESS: 'kill-process',
  SCMP_ACT_TRACE: 'trace',
};
const DEFAULTS: readonly string[] = ['kill-thread', 'kill-process', 'trap', 'user-notify'];
/** minijail's names of architectures, by those of Docker. */
const ARCHITECTURES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    x86_64: 'x86_64',
    x86: 'x86',
    aarch64: 'arm64',
    arm: 'arm',
    riscv64: 'riscv64',
    loongarch64: 'loong64',
  }).flatMap(([ours, name]) => dockerNames(findArchitecture(ours)!).map((each) => [each, name] as const)),
);

/** A profile as a policy for compile_seccomp_policy.py. */
export function writeMinijailPy(draft: Draft): string {
  const { profile, resolved, cannot } = draft;
  const { defaultAction } = resolved ?? profile.seccomp;
  const isDenyList = defaultAction === 'SCMP_ACT_ALLOW';
  const word = ACTIONS[defaultAction];
  const lines: string[] = [];
  if (isDenyList) lines.push('@denylist');
  else if (word === undefined || !DEFAULTS.includes(word)) {
    cannot(`the default ${defaultAction}`, `known are ${DEFAULTS.join(', ')}`, 'defaultAction');
  } else if (word !== 'kill-thread') lines.push(`@default ${word}`);
  const head = lines.length;
  let comment: string | undefined;
  for (const call of writtenCalls(draft)) {
    const notes = call.comment === comment ? [] : noteLines(call.comment);
    if (notes.length > 0 && lines.length > 0) lines.push('');
    comment = call.comment;
    lines.push(...notes, ...callLines(call, isDenyList));
  }
  if (lines.length === head) cannot('a profile without entries', 'minijail refuses an empty policy', 'syscalls');
  return `${lines.join('\n')}\n`;
}

function callLines({ name, cases }: WrittenCall, isDenyList: boolean): string[] {
  const [first] = cases;
  if (!first) return [];
  if (!syscallSignature(name)) first.cannot(`the name ${quote(name)}`, undefined, 'names');
  if (cases.every(({ arches }) => arches === undefined))
    return [`${wordOfCall(name)}: ${filterText(cases, isDenyList)}`];
  // A line for each decision: minijail refuses one for architectures that another has decided.
  const byText = new Map<string, string[]>();
  for (const target of new Set(ARCHITECTURES.values())) {
    const own = cases.filter(({ arches }) => arches?.some((arch) => ARCHITECTURES.get(arch) === target) ?? true);
    if (own.length === 0) continue;
    const text = filterText(own, isDenyList);
    byText.set(text, [...(byText.get(text) ?? []), target]);
  }
  return [...byText].map(([text, targets]) => `${wordOfCall(name)}[arch=${targets.join(',')}]: ${text}`);
}

/** Conditions of one action are alternatives; several actions are a list, in braces. */
function filterText(cases: readonly WrittenCase[], isDenyList: boolean): string {
  const byAction = new Map<string, WrittenCase[]>();
  for (const each of cases) {
    const action = actionText(each.entry, isDenyList, each.cannot);
    byAction.set(action, [...(byAction.get(action) ?? []), each]);
  }
  const filters = [...byAction].map(([action, own]) => {
    if (own.some(({ args }) => args.length === 0)) return action === 'allow' ? '1' : action;
    const condition = conditionText(own);
    return action === 'allow' && !isDenyList ? condition : `${condition}; ${action}`;
  });
  const [only, second] = filters as [string, string | undefined];
  // Without braces "; return" has the opposite meaning to minijail0 -S.
  return second === undefined && !only.includes('; return') ? only : `{ ${filters.join(', ')} }`;
}

function actionText({ action, errno, errnoRet }: DockerSyscall, isDenyList: boolean, cannot: Unrepresentable): string {
  if (action === 'SCMP_ACT_ERRNO') return `return ${errno || String(errnoRet ?? 1n)}`;
  if (isDenyList) cannot(`${action} in a deny-list`, 'every action of it is "return ERRNO"', 'action');
  if (action === 'SCMP_ACT_TRACE' && (errno || errnoRet !== 0n))
    cannot('a number for the tracer', undefined, 'errnoRet');
  return ACTIONS[action]!;
}
