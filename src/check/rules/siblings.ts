import { permits } from '../../action.js';
import type { Architecture } from '../../architecture.js';
import type { EntryEffect } from '../../compiler/entry-effect.js';
import { callsBehind, MULTIPLEXERS } from '../../compiler/multiplexed-calls.js';
import { list } from '../../phrases.js';
import type { Severity } from '../finding.js';
import type { CheckRule, RuleFinding } from '../rule.js';
import type { CheckedTarget } from '../target.js';
import { placeOfName } from '../verdict.js';
import {
  CLONE_NEWNS,
  IO_URING_OPERATIONS,
  mountNamespaceWords,
  openMountNamespaces,
  SIBLING_GROUPS,
  type SiblingGroup,
  UNSHARE_EMPTY_MNTNS,
} from './sibling-calls.js';

/** Whether an entry means to deny the call, or to deny it for some arguments. */
function isRestricted(target: CheckedTarget, name: string, when: SiblingGroup['when']): boolean {
  const { permitted, rules } = target.verdict(name);
  if (rules.length === 0) return false;
  return when === 'denied' ? permitted === 'never' : permitted !== 'always';
}

const siblingOpen: CheckRule = {
  id: 'sibling-open',
  severity: 'warning',
  summary: 'A call that is denied or restricted, while another that does the same is open.',
  *checkTarget(target, { terms }) {
    for (const { guarded, ways, needs = [], reason, when, severity } of SIBLING_GROUPS) {
      if (needs.some((name) => target.verdict(name).permitted !== 'always')) continue;
      const restricted = guarded.filter((name) => target.existsSomewhere(name) && isRestricted(target, name, when));
      const first = restricted[0];
      if (first === undefined) continue;
      const open = ways.filter(
        (name) =>
          !restricted.includes(name) && target.existsSomewhere(name) && target.verdict(name).permitted === 'always',
      );
      const rule = target.verdict(first).rules[0];
      if (open.length === 0 || rule === undefined) continue;
      yield {
        place: placeOfName(rule, first),
        severity,
        message: `${list(restricted)} ${restricted.length === 1 ? 'is' : 'are'} restricted and ${list(open)} ${open.length === 1 ? 'is' : 'are'} not, but ${reason}`,
        advice: open.includes('clone3')
          ? `deny ${list(open)} too; a C library falls back to clone where clone3 fails with ENOSYS: ${terms.answerEnosys(['clone3'], target.architecture.name, 'entry')}`
          : `restrict ${list(open)} too, or neither`,
      };
    }
  },
};

const CLONE_NAMESPACES = 0x7e020080n;

const unshareOpen: CheckRule = {
  id: 'unshare-open',
  severity: 'warning',
  summary: 'New namespaces kept from clone by its flags, while unshare makes them.',
  *checkTarget(target) {
    const clone = target.verdict('clone');
    if (clone.permitted !== 'sometimes' || target.verdict('unshare').permitted !== 'always') return;
    const rule = clone.rules.find(({ conditions }) =>
      conditions.some(({ op, value }) => (op === 'MASKED_EQ' || op === 'EQ') && (value & CLONE_NAMESPACES) !== 0n),
    );
    if (rule === undefined) return;
    yield {
      place: placeOfName(rule, 'clone'),
      message: 'clone is kept from making namespaces by its flags, and unshare, which makes them too, is open',
      advice: 'deny unshare, or compare its flags (argument 0) with the same mask',
    };
  },
};

const mountNamespaceOpen: CheckRule = {
  id: 'mount-namespace-open',
  severity: 'advice',
  summary: 'A new mount namespace kept from unshare, while open_tree, open_tree_attr or fsmount makes one.',
  *checkTarget(target, { entries }) {
    const isUnshare = ({ name }: { name: string }) => name === 'unshare';
    const rule = target.policy.rules.find(({ names }) => names.some(isUnshare));
    if (rule === undefined) return;
    const runs = (name: string, index: number, flag: bigint) =>
      target.architectures.some((on) =>
        target.actions(name, on, [{ index, op: 'MASKED_EQ', value: flag, valueTwo: flag }])?.some(permits),
      );
    if (runs('unshare', 0, CLONE_NEWNS)) return;
    const open = openMountNamespaces(runs, (each) => target.verdict(each).permitted !== 'never');
    // A condition that is written has the finding unshare-empty-mntns.
    const isWritten = entries.some(({ names }) => names.some(isUnshare));
    if (!isWritten && runs('unshare', 0, UNSHARE_EMPTY_MNTNS)) open.push('unshare with UNSHARE_EMPTY_MNTNS');
    if (open.length === 0) return;
    yield { place: placeOfName(rule, 'unshare'), ...mountNamespaceWords(open) };
  },
};

const ioUringOpen: CheckRule = {
  id: 'io-uring-open',
  severity: 'warning',
  summary: 'Calls that are denied or restricted, while io_uring does the same without making them.',
  *checkTarget(target) {
    const ring = target.verdict('io_uring_setup');
    if (ring.permitted !== 'always' || !target.existsSomewhere('io_uring_setup')) return;
    const isMeant = (name: string) =>
      isRestricted(target, name, undefined) || (!target.isDenyList && target.verdict(name).permitted === 'never');
    const core = target.isDenyList ? IO_URING_OPERATIONS : ['socket', 'connect', 'openat', 'unlinkat', 'renameat2'];
    const kept = [
      ...new Set([...core, ...IO_URING_OPERATIONS.filter((name) => isRestricted(target, name, undefined))]),
    ].filter((name) => isMeant(name) && target.existsSomewhere(name));
    const first = kept[0];
    if (first === undefined) return;
    const rule = ring.rules.find(({ action }) => permits(action)) ?? target.verdict(first).rules[0];
    const name = ring.rules.length > 0 ? 'io_uring_setup' : first;
    yield {
      place: rule ? placeOfName(rule, name) : { path: 'syscalls' },
      message: `io_uring is open and does ${list(kept)} without the system call that the filter would see`,
      advice: 'deny io_uring_setup, io_uring_enter and io_uring_register, with ENOSYS or EPERM',
    };
  },
};

/** Architectures of the filter where calls go through socketcall or ipc. */
function multiplexing({ architectures, exists }: CheckedTarget, multiplexer: string): Architecture[] {
  return architectures.filter((architecture) => exists(multiplexer, architecture));
}

/** What to do for 32-bit programs, which need the multiplexer. */
const withoutMultiplexer = (multiplexer: string, names: string) =>
  `decide ${names} without conditions, which reaches ${multiplexer} too, or leave these architectures out of the filter if none of their programs has to run. Denying all of ${multiplexer} breaks 32-bit programs that have no other way (a container engine did so in 2026 and took it back)`;

const multiplexerOpen: CheckRule = {
  id: 'multiplexer-open',
  severity: 'warning',
  summary:
    'Socket or IPC calls that are restricted, while socketcall or ipc, which does them on some architectures, is open.',
  *checkTarget(target) {
    for (const multiplexer of MULTIPLEXERS) {
      const on = multiplexing(target, multiplexer);
      const { decisive, permitted } = target.verdict(multiplexer);
      // Without an entry for the multiplexer itself, libseccomp denies it with its calls, as the finding
      // multiplexer-widened reports.
      if (on.length === 0 || permitted !== 'always' || decisive === undefined) continue;
      const behind = callsBehind(multiplexer);
      const kept = behind.filter((name) => isRestricted(target, name, undefined));
      const absent = ['socket', 'connect', 'bind', 'listen', 'shmat', 'msgsnd'].filter(
        (name) => behind.includes(name) && target.verdict(name).permitted === 'never',
      );
      const all = [...new Set([...kept, ...absent])];
      if (all.length === 0) continue;
      yield {
        place: placeOfName(decisive, multiplexer),
        on: on.map(({ name }) => name),
        message: `${multiplexer} is open, and does ${list(all)}, which the profile restricts by name`,
        advice: `take ${multiplexer} out: what is allowed by name stays allowed through it, though no condition on arguments reaches there`,
      };
    }
  },
};

/** The findings about conditions on calls behind a multiplexer, by the code of the effect. */
function* multiplexed({ effects }: CheckedTarget, code: EntryEffect['code']): Generator<RuleFinding> {
  for (const { rule, names, on, consequence, multiplexer = '', message, ...effect } of effects) {
    if (effect.code !== code) continue;
    yield {
      place: placeOfName(rule, names[0] as string),
      severity: severityOf(code, consequence),
      on,
      message,
      advice: withoutMultiplexer(multiplexer, list(names)),
    };
  }
}

function severityOf(code: EntryEffect['code'], consequence: EntryEffect['consequence']): Severity {
  if (consequence === 'weaker') return code === 'multiplexed-condition' ? 'error' : 'warning';
  return code === 'multiplexed-condition' ? 'warning' : 'advice';
}

const multiplexedCondition: CheckRule = {
  id: 'multiplexed-condition',
  severity: 'error',
  summary:
    'A condition on a socket or IPC call that is about another value where socketcall or ipc makes the call: a denial is not made there.',
  checkTarget: (target) => multiplexed(target, 'multiplexed-condition'),
};

const multiplexerWidened: CheckRule = {
  id: 'multiplexer-widened',
  severity: 'warning',
  summary:
    'A condition on a socket or IPC call that is lost where socketcall or ipc makes it: arguments are in memory there.',
  checkTarget: (target) => multiplexed(target, 'multiplexer-widened'),
};

export const SIBLING_RULES: readonly CheckRule[] = [
  siblingOpen,
  unshareOpen,
  mountNamespaceOpen,
  ioUringOpen,
  multiplexerOpen,
  multiplexedCondition,
  multiplexerWidened,
];
