import type { ActionName } from '../../../action.js';
import { syscallSignature } from '../../../syscalls/signature.js';
import { quote } from '../../../text.js';
import type { DockerSyscall } from '../../model/schema.js';
import { isSameDecision } from '../call-entries.js';
import { comparison, neverHolds } from '../first-match.js';
import type { Draft } from '../handler.js';
import { comparisonOf, type WrittenCall, type WrittenCase, writtenCalls } from '../written-calls.js';
import { wordOfCall } from './names.js';
import { conditionText, noteLines } from './written-lines.js';

/** What ends the thread, which is the default, and a `return` without a number. */
const KILLS: readonly ActionName[] = ['SCMP_ACT_KILL_THREAD', 'SCMP_ACT_KILL'];

/** A profile as a policy for `minijail0 -S`: a line for each call, which lets it through or returns an errno. */
export function writeMinijail(draft: Draft): string {
  const { profile, resolved, cannot } = draft;
  const { defaultAction } = resolved ?? profile.seccomp;
  if (!KILLS.includes(defaultAction)) {
    cannot(`the default ${defaultAction}`, 'minijail0 -S kills the thread by default', 'defaultAction');
  }
  const lines: string[] = [];
  let comment: string | undefined;
  for (const call of writtenCalls(draft)) {
    const [first] = call.cases;
    if (!first) continue;
    const notes = call.comment === comment ? [] : noteLines(call.comment);
    if (notes.length > 0 && lines.length > 0) lines.push('');
    comment = call.comment;
    if (!syscallSignature(call.name)) first.cannot(`the name ${quote(call.name)}`, undefined, 'names');
    lines.push(...notes, `${wordOfCall(call.name)}: ${ruleText(call)}`);
  }
  if (lines.length === 0) cannot('a profile without entries', 'minijail refuses an empty policy', 'syscalls');
  return `${lines.join('\n')}\n`;
}

/** A condition lets the call through. Where it does not hold, the thread is killed, or an errno returned. */
function ruleText({ name, cases }: WrittenCall): string {
  for (const { arches, cannot } of cases) {
    if (arches) cannot(`${quote(name)} on some architectures`, 'a policy is for one: choose the target (--arch)');
  }
  const allowed = cases.filter(({ entry }) => entry.action === 'SCMP_ACT_ALLOW');
  const others = cases.filter(({ entry }) => entry.action !== 'SCMP_ACT_ALLOW');
  const [other] = others;
  if (!other) return isForAll(allowed) ? '1' : conditionText(allowed);
  for (const { entry, cannot } of others) {
    const isSayable = entry.action === 'SCMP_ACT_ERRNO' || KILLS.includes(entry.action);
    if (!isSayable)
      cannot(entry.action, 'minijail0 -S knows "1" and "return ERRNO"; --to minijail-py has more', 'action');
  }
  const second = others.find(({ entry }) => !isSameAnswer(entry, other.entry));
  if (second) second.cannot(`two answers for ${quote(name)} besides letting it through`, undefined, 'action');
  if (allowed.length === 0 && isForAll(others)) return answerText(other.entry);
  if (!isForAll(others) && !coverAll(cases)) {
    const message = `${quote(name)} with an answer for some arguments and the default for others`;
    other.cannot(message, 'what does not meet the conditions that let it through has one answer');
  }
  return `${conditionText(allowed)}; ${answerText(other.entry)}`;
}

const isForAll = (cases: readonly WrittenCase[]) => cases.some(({ args }) => args.length === 0);

const isSameAnswer = (a: DockerSyscall, b: DockerSyscall) => isSameDecision(a, b) && a.errno === b.errno;

/** Whether one of the cases holds for every argument. */
function coverAll(cases: readonly WrittenCase[]): boolean {
  const none = cases.map(({ args }) => {
    const of = args.map((argument) => comparison(comparisonOf(argument)));
    return { kind: 'not', of: { kind: 'all', of } } as const;
  });
  return neverHolds({ kind: 'all', of: none });
}

function answerText({ action, errno, errnoRet }: DockerSyscall): string {
  return action === 'SCMP_ACT_ERRNO' ? `return ${errno || String(errnoRet ?? 1n)}` : 'return';
}
