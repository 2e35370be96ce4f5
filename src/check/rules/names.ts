import { permits } from '../../action.js';
import type { ArchitectureName } from '../../architecture.js';
import { isMultiplexer } from '../../compiler/multiplexed-calls.js';
import type { Libseccomp } from '../../libseccomp/index.js';
import { libseccompName } from '../../libseccomp/kernel-names.js';
import { count, list } from '../../phrases.js';
import { suggester } from '../../syscalls/nearest-syscall.js';
import { quote } from '../../text.js';
import type { CheckRule, RuleFinding } from '../rule.js';

const unknownSyscall: CheckRule = {
  id: 'unknown-syscall',
  severity: 'warning',
  summary: 'A name that is no system call of any architecture; runtimes ignore it in silence.',
  *checkText({ entries, isDenyList, libseccomp }) {
    const nearestOf = suggester();
    for (const { names, action } of entries) {
      for (const { name, place } of names) {
        if (isKnown(name, libseccomp)) continue;
        const isHole = isDenyList && !permits(action);
        const nearest = nearestOf(name);
        const what = isHole ? 'so the filter does NOT deny it' : 'so this entry does nothing for it';
        yield {
          place,
          // A denial without effect is a hole; an allowance without effect is noticed.
          severity: isHole ? 'error' : undefined,
          message: `no architecture has a system call ${quote(name)}, ${what}`,
          advice:
            nearest === undefined ? 'take the name out' : `write ${quote(nearest)} if that is meant, or take it out`,
        };
      }
    }
  },
};

/** libseccomp's table has every name, with a pseudo-number where an architecture lacks the call. */
function isKnown(name: string, libseccomp: Libseccomp): boolean {
  return libseccomp.resolveSyscallName(name, 'x86_64') !== undefined;
}

const deprecatedName: CheckRule = {
  id: 'deprecated-name',
  severity: 'advice',
  summary: 'The key `name`, which Docker had before `names`; newer tools and the OCI runtime spec do not know it.',
  *checkText({ entries, text, profile }) {
    const old = entries.filter(({ written }) => written.name);
    const first = old[0];
    if (first === undefined) return;
    const edits = old.flatMap(({ written: { name, names }, place }) =>
      names === undefined ? (text?.replaceMember(place, 'name', 'names', [name as string]) ?? []) : [],
    );
    yield {
      place: profile.locate('syscalls', first.index, 'name'),
      message: `${count(old.length, 'entry has', 'entries have')} the old key "name": OCI runtimes and newer tools do not read it`,
      advice: 'write "names" with a list',
      fix: edits,
    } satisfies RuleFinding;
  },
};

/**
 * Calls that newer architectures never had, with what programs make there instead. Of several replacements one is enough.
 * (asm-generic/unistd.h: the calls behind __ARCH_WANT_SYSCALL_NO_AT and its kin.)
 */
export const REPLACEMENTS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    open: ['openat'],
    creat: ['openat'],
    stat: ['newfstatat', 'fstatat64', 'statx'],
    lstat: ['newfstatat', 'fstatat64', 'statx'],
    access: ['faccessat', 'faccessat2'],
    unlink: ['unlinkat'],
    rmdir: ['unlinkat'],
    rename: ['renameat', 'renameat2'],
    mkdir: ['mkdirat'],
    link: ['linkat'],
    symlink: ['symlinkat'],
    readlink: ['readlinkat'],
    chmod: ['fchmodat', 'fchmodat2'],
    chown: ['fchownat'],
    lchown: ['fchownat'],
    mknod: ['mknodat'],
    utime: ['utimensat'],
    utimes: ['utimensat'],
    getdents: ['getdents64'],
    poll: ['ppoll'],
    select: ['pselect6'],
    epoll_create: ['epoll_create1'],
    epoll_wait: ['epoll_pwait', 'epoll_pwait2'],
    pipe: ['pipe2'],
    dup2: ['dup3'],
    eventfd: ['eventfd2'],
    inotify_init: ['inotify_init1'],
    signalfd: ['signalfd4'],
    fork: ['clone', 'clone3'],
    vfork: ['clone', 'clone3'],
    alarm: ['setitimer'],
    pause: ['ppoll'],
    mmap2: ['mmap'],
  }),
);

function replacementsOf(name: string, architecture: ArchitectureName): readonly string[] | undefined {
  const own = libseccompName(name, architecture);
  return own === name ? REPLACEMENTS.get(name) : [own];
}

const archMissingSyscall: CheckRule = {
  id: 'arch-missing-syscall',
  severity: 'warning',
  summary: 'An allowed call that a target does not have, while the call its programs make instead is not allowed.',
  *checkTarget({ policy, architecture, verdict, exists }) {
    for (const rule of policy.rules) {
      if (!permits(rule.action) || permits(policy.defaultAction)) continue;
      const lacking = rule.names.filter(({ name }) => {
        const replacements = replacementsOf(name, architecture.name);
        if (!replacements || exists(name, architecture)) return false;
        const usable = replacements.filter((replacement) => exists(replacement, architecture));
        return usable.length > 0 && usable.every((replacement) => verdict(replacement).permitted === 'never');
      });
      const first = lacking[0];
      if (first === undefined) continue;
      const names = lacking.map(({ name }) => name);
      const replacements = [...new Set(names.map((name) => replacementsOf(name, architecture.name)![0]!))];
      yield {
        place: first,
        message: `${architecture.name} has no ${list(names)}, and ${list(replacements)}, which programs call there instead, ${replacements.length === 1 ? 'is' : 'are'} not allowed`,
        advice: `allow ${list(replacements)} too`,
      };
    }
  },
};

const deniedNowhere: CheckRule = {
  id: 'denied-nowhere',
  severity: 'advice',
  summary: 'A deny-list entry whose calls exist on none of the architectures checked.',
  *checkText({ entries, isDenyList, targets, libseccomp }) {
    if (!isDenyList) return;
    for (const { names, action, architectures, place } of entries) {
      if (permits(action) || architectures.length === 0 || names.length === 0) continue;
      // socketcall and ipc are denied to be safe, wherever the profile will be used.
      const known = names.filter(({ name }) => isKnown(name, libseccomp) && !isMultiplexer(name));
      const isThere = known.some(({ name }) =>
        targets.some((target) => architectures.some((on) => target.exists(name, on))),
      );
      if (known.length === 0 || isThere) continue;
      const on = [...new Set(architectures.map((architecture): ArchitectureName => architecture.name))];
      yield {
        place,
        message: `${list(known.map(({ name }) => name))} ${known.length === 1 ? 'is a call' : 'are calls'} of other architectures: ${list(on)} ${on.length === 1 ? 'has' : 'have'} none of that name, so the entry denies nothing`,
        advice: 'deny what these architectures have instead, or add the architecture that is meant',
      };
    }
  },
};

export const NAME_RULES: readonly CheckRule[] = [unknownSyscall, archMissingSyscall, deniedNowhere, deprecatedName];
