import type { SystemdVersion } from '../systemd-versions.js';

// Facts of systemd (src/nspawn: nspawn.c, nspawn-seccomp.c). test/owners/nspawn.test.ts compares the filters of both versions.

/** What systemd-nspawn of any version allows, whatever the container's capabilities are: groups and calls. */
const ALWAYS = `
  @aio @basic-io @chown @default @file-system @io-event @ipc @mount @network-io @process @resources @setuid @signal @sync
  @timer arm_fadvise64_64 brk capget capset copy_file_range fadvise64 fadvise64_64 flock get_mempolicy getcpu getpriority
  getrandom ioctl ioprio_get kcmp madvise mincore mprotect mremap name_to_handle_at oldolduname olduname personality
  readahead readdir remap_file_pages sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr
  sched_getparam sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_yield seccomp sendfile
  sendfile64 setdomainname setfsgid setfsgid32 setfsuid setfsuid32 sethostname setpgid setsid splice sysinfo tee umask uname
  userfaultfd vmsplice
`;

/** What 262 allows besides. */
const ALWAYS_SINCE: Readonly<Record<SystemdVersion, string>> = { 252: '', 262: '@keyring cachestat' };

/** What it allows with a capability. */
const WITH_CAPABILITY: Readonly<Record<string, string>> = {
  CAP_SYS_TIME: '@clock',
  CAP_SYS_MODULE: '@module',
  CAP_SYS_RAWIO: '@raw-io',
  CAP_IPC_LOCK: '@memlock',
  CAP_SYS_PACCT: 'acct',
  CAP_SYS_PTRACE: 'process_vm_readv process_vm_writev ptrace',
  CAP_SYS_BOOT: 'reboot',
  CAP_SYSLOG: 'syslog',
  CAP_SYS_TTY_CONFIG: 'vhangup',
};

/** What 262 allows with one. */
const WITH_CAPABILITY_SINCE: Readonly<Record<SystemdVersion, typeof WITH_CAPABILITY>> = {
  252: {},
  262: { CAP_BPF: 'bpf' },
};

/** The capabilities that a container has unless its settings say otherwise, of those that change the list. */
const DEFAULT_CAPABILITIES = ['CAP_SYS_PTRACE', 'CAP_SYS_BOOT', 'CAP_SYS_TTY_CONFIG'];

/** What systemd-nspawn allows with a capability that a container has not by default. */
export function grantedBy(capability: string, version: SystemdVersion): string[] {
  const granted = Object.entries({ ...WITH_CAPABILITY, ...WITH_CAPABILITY_SINCE[version] });
  return granted.flatMap(([name, text]) =>
    !DEFAULT_CAPABILITIES.includes(name) && (name === capability || capability === 'all') ? wordsOf(text) : [],
  );
}

const wordsOf = (text: string) => text.split(/\s+/).filter((word) => word !== '');

/** The groups and calls that systemd-nspawn allows, with what `Capability=` adds and `DropCapability=` takes away. */
export function defaultList(
  version: SystemdVersion,
  added: ReadonlySet<string>,
  dropped: ReadonlySet<string>,
): string[] {
  const has = (name: string) =>
    (added.has('all') || added.has(name) || DEFAULT_CAPABILITIES.includes(name)) &&
    !dropped.has(name) &&
    !dropped.has('all');
  const granted = Object.entries({ ...WITH_CAPABILITY, ...WITH_CAPABILITY_SINCE[version] });
  const more = granted.flatMap(([name, text]) => (has(name) ? wordsOf(text) : []));
  return [...wordsOf(ALWAYS), ...wordsOf(ALWAYS_SINCE[version]), ...more];
}
