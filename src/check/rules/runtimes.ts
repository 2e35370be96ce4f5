import { permits } from '../../action.js';
import type { Architecture } from '../../architecture.js';
import { firstToKnow } from '../../compiler/host-libseccomp.js';
import { MULTIPLEXED_CALLS } from '../../compiler/multiplexed-calls.js';
import { isAtLeast, type KernelVersion } from '../../kernel-version.js';
import type { Libseccomp } from '../../libseccomp/index.js';
import { list } from '../../phrases.js';
import { firstLinux } from '../../syscalls/first-linux.js';
import type { CheckRule } from '../rule.js';
import { lifted } from './lifted.js';

const refusedByRuntime: CheckRule = {
  id: 'refused-by-runtime',
  severity: 'error',
  summary: 'What the runtime of `--runtime` refuses: a container with the profile does not start.',
  *checkTarget({ refusals }) {
    for (const { message, hint, path, position, source } of refusals) {
      yield { place: { path, position, source }, message, advice: hint ?? 'see the message' };
    }
  },
};

const emptyArgs: CheckRule = {
  id: 'empty-args',
  severity: 'error',
  summary: 'An empty list of conditions: youki 0.6 makes no rule of it, and the entry has no effect.',
  checkTarget: (target) => lifted(target, 'empty-args', 'take "args" out: the entry then has no conditions'),
};

const newerThanLibseccomp: CheckRule = {
  id: 'newer-than-libseccomp',
  severity: 'warning',
  summary: 'A name that the libseccomp of `--libseccomp` does not know: there the entry does nothing for it.',
  *checkTarget({ newer, isDenyList }, { libseccompVersion }) {
    for (const { rule, listed } of newer) {
      const isHole = isDenyList && !permits(rule.action);
      const first = firstToKnow(listed.name);
      yield {
        place: listed,
        // A denial without effect is a hole; an allowance without effect is noticed.
        severity: isHole ? 'error' : undefined,
        message: `libseccomp ${libseccompVersion} does not know ${listed.name}, ${isHole ? 'so the filter does NOT deny it there' : 'so this entry does nothing for it there'}`,
        advice: `the host needs libseccomp ${first ?? 'newer than any release so far'}${first ? ' or newer' : ''} for it; without that the default decides, and what it does must be right`,
      };
    }
  },
};

const newerThanKernel: CheckRule = {
  id: 'newer-than-kernel',
  severity: 'advice',
  summary: 'Calls that the Linux of `--kernel` does not have: it answers ENOSYS where the filter lets them through.',
  *checkTarget({ policy, architectures }, { kernel, libseccomp }) {
    if (kernel === undefined) return;
    for (const { names } of policy.rules) {
      const lacking = names.flatMap((listed) => {
        const first = firstOnAny(listed.name, architectures, libseccomp);
        return first && !isAtLeast(kernel, first) ? [{ listed, first }] : [];
      });
      const [start] = lacking;
      if (start === undefined) continue;
      const calls = lacking.map(({ listed: { name }, first }) => `${name} (${first.version}.${first.revision})`);
      yield {
        place: start.listed,
        message: `Linux ${kernel.version}.${kernel.revision} does not have ${list(calls, 12)}: these came with the Linux in brackets`,
        advice: 'nothing, where programs fall back to older calls; what they need then has to be allowed too',
      };
    }
  },
};

/** The first Linux in which an architecture of the filter has a call; undefined where none has it by a number of its own. */
function firstOnAny(
  name: string,
  architectures: readonly Architecture[],
  libseccomp: Libseccomp,
): KernelVersion | undefined {
  let least: KernelVersion | undefined;
  for (const architecture of architectures) {
    const number = libseccomp.resolveSyscallName(name, architecture);
    // A call behind a multiplexer was there before it had a number.
    if (number !== undefined && number < 0 && MULTIPLEXED_CALLS.has(name)) return undefined;
    if (number === undefined || number < 0) continue;
    const first = firstLinux(name, architecture);
    if (least === undefined || isAtLeast(least, first)) least = first;
  }
  return least;
}

export const RUNTIME_RULES: readonly CheckRule[] = [refusedByRuntime, emptyArgs, newerThanLibseccomp, newerThanKernel];
