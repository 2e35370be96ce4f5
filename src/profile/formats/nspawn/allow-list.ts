// Facts of systemd 252 (src/nspawn: nspawn.c, nspawn-seccomp.c), whose filters test/owners/nspawn.test.ts compares.

/** What systemd-nspawn allows whatever the container's capabilities are: groups and calls. */
const ALWAYS = `
  @aio @basic-io @chown @default @file-system @io-event @ipc @mount @network-io @process @resources @setuid @signal @sync
  @timer arm_fadvise64_64 brk capget capset copy_file_range fadvise64 fadvise64_64 flock get_mempolicy getcpu getpriority
  getrandom ioctl ioprio_get kcmp madvise mincore mprotect mremap name_to_handle_at oldolduname olduname personality
  readahead readdir remap_file_pages sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr
  sched_getparam sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_yield seccomp sendfile
  sendfile64 setdomainname setfsgid setfsgid32 setfsuid setfsuid32 sethostname setpgid setsid splice sysinfo tee umask uname
  userfaultfd vmsplice
`;

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

/** The capabilities that a container has unless its settings say otherwise, of those that change the list. */
const DEFAULT_CAPABILITIES = ['CAP_SYS_PTRACE', 'CAP_SYS_BOOT', 'CAP_SYS_TTY_CONFIG'];

const wordsOf = (text: string) => text.trim().split(/\s+/);

/** The groups and calls that systemd-nspawn allows, with what `Capability=` adds and `DropCapability=` takes away. */
export function defaultList(added: ReadonlySet<string>, dropped: ReadonlySet<string>): string[] {
  const has = (name: string) =>
    (added.has('all') || added.has(name) || DEFAULT_CAPABILITIES.includes(name)) &&
    !dropped.has(name) &&
    !dropped.has('all');
  const more = Object.entries(WITH_CAPABILITY).flatMap(([name, text]) => (has(name) ? wordsOf(text) : []));
  return [...wordsOf(ALWAYS), ...more];
}
