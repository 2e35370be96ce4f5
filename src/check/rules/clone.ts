import { isDecidedElsewhere, permits } from '../../action.js';
import type { Architecture } from '../../architecture.js';
import { list } from '../../phrases.js';
import { syscallSignature } from '../../syscalls/signature.js';
import { placedConditions } from '../context.js';
import type { CheckRule } from '../rule.js';
import type { CheckedTarget } from '../target.js';
import { placeOfName } from '../verdict.js';

const parameterOf = (architecture: Architecture, index: number) =>
  syscallSignature('clone', architecture.name)?.[index];

/** Where the flags of clone(2) are: argument 0, and argument 1 on s390 and s390x (kernel/fork.c, CLONE_BACKWARDS2). */
const flagsIndex = (architecture: Architecture) =>
  (syscallSignature('clone', architecture.name) ?? []).findIndex(({ name }) => name === 'flags');

/** Whether a condition on argument `index` of clone compares the stack, where its flags were meant. */
function comparesStackOfClone(names: readonly string[], architecture: Architecture, index: number): boolean {
  return names.includes('clone') && parameterOf(architecture, index)?.name === 'stack';
}

const cloneFlagsIndex: CheckRule = {
  id: 'clone-flags-index',
  severity: 'error',
  summary: 'A condition on the stack of clone, where the flags are another argument on that architecture.',
  *checkText(context) {
    for (const { entry, condition, place } of placedConditions(context)) {
      const { index, op, value } = condition;
      // A comparison with 0 may ask whether there is a stack: fork(3) passes none.
      if ((op === 'EQ' || op === 'NE') && value === 0n) continue;
      const names = entry.names.map(({ name }) => name);
      const wrong = entry.architectures.filter((on) => comparesStackOfClone(names, on, index));
      const [first] = wrong;
      if (first === undefined) continue;
      const right = flagsIndex(first);
      const consequence = permits(entry.action)
        ? 'what is allowed here depends on an address'
        : 'no flag is denied here';
      const isMixed = wrong.length < entry.architectures.length;
      yield {
        place,
        message: `argument ${index} of clone is the stack on ${list(wrong.map(({ name }) => name))}, and its flags are argument ${right}: ${consequence}`,
        advice: isMixed
          ? `compare argument ${right} on these architectures, in a profile of their own or an entry that is for them alone`
          : `compare argument ${right}`,
      };
    }
  },
};

const isPermitted = ({ verdict }: CheckedTarget, name: string) => verdict(name).permitted !== 'never';

const vforkMissing: CheckRule = {
  id: 'vfork-missing',
  severity: 'warning',
  summary: 'An allow-list that lets processes be made, and not by vfork, which shells and other programs call.',
  *checkTarget(target) {
    const { policy, isDenyList, architecture, exists, verdict } = target;
    if (isDenyList || !exists('vfork', architecture) || verdict('vfork').rules.length > 0) return;
    if (isDecidedElsewhere(policy.defaultAction)) return;
    const isForkOpen = isPermitted(target, 'fork') && exists('fork', architecture);
    if (!isPermitted(target, 'clone') || (!isForkOpen && !isPermitted(target, 'clone3'))) return;
    const named = isForkOpen ? 'fork' : 'clone';
    const [rule] = verdict(named).rules;
    if (rule === undefined) return;
    const open = ['clone', 'clone3', 'fork'].filter((name) => isPermitted(target, name) && exists(name, architecture));
    yield {
      place: placeOfName(rule, named),
      severity: isForkOpen ? undefined : 'advice',
      message: `${list(open)} ${open.length === 1 ? 'is' : 'are'} allowed and vfork is not: programs that call it (dash, which is /bin/sh on Debian, make, Ruby) start no other program`,
      advice: 'allow vfork too',
    };
  },
};

const NEW_MOUNTS = 0x20000n;
/** UNSHARE_EMPTY_MNTNS (linux/sched.h); of clone(2) the same bit is CLONE_PARENT_SETTID. */
const EMPTY_MOUNTS = 0x100000n;

const unshareEmptyMounts: CheckRule = {
  id: 'unshare-empty-mntns',
  severity: 'warning',
  summary:
    'A condition on CLONE_NEWNS of unshare that leaves UNSHARE_EMPTY_MNTNS open, which makes a mount namespace too.',
  *checkText(context) {
    for (const { entry, condition, place } of placedConditions(context)) {
      const { index, op, value: mask, valueTwo: datum } = condition;
      if (index !== 0 || op !== 'MASKED_EQ' || !entry.names.some(({ name }) => name === 'unshare')) continue;
      if ((mask & NEW_MOUNTS) === 0n || (mask & EMPTY_MOUNTS) !== 0n) continue;
      // An entry is about the namespace where it denies it, or allows only calls without it.
      if (permits(entry.action) === ((datum & NEW_MOUNTS) !== 0n)) continue;
      yield {
        place,
        message:
          'a mount namespace is also made by UNSHARE_EMPTY_MNTNS (0x100000) of newer kernels, which this mask leaves out',
        advice: permits(entry.action)
          ? 'put 0x100000 into the mask; of clone(2) that bit is CLONE_PARENT_SETTID, so compare unshare in an entry of its own'
          : 'deny 0x100000 too, in an entry of its own: of clone(2) that bit is CLONE_PARENT_SETTID',
      };
    }
  },
};

export const CLONE_RULES: readonly CheckRule[] = [cloneFlagsIndex, vforkMissing, unshareEmptyMounts];
