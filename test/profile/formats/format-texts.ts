/** A SeccompProfile with as little in it as there can be. */
export const SPO =
  'apiVersion: security-profiles-operator.x-k8s.io/v1\nkind: SeccompProfile\nspec:\n  defaultAction: SCMP_ACT_LOG\n';

/** Texts of every format, each with the format that its content tells. */
export const TEXTS: readonly (readonly [format: string, text: string])[] = [
  ['oci', '{"defaultAction": "SCMP_ACT_LOG"}'],
  ['oci', '\n# why\ndefaultAction: SCMP_ACT_LOG\n'],
  ['oci', '---\n"defaultAction": SCMP_ACT_LOG'],
  ['oci-config', 'linux:\n  seccomp: {defaultAction: SCMP_ACT_LOG}\n'],
  ['docker', 'defaultAction: SCMP_ACT_LOG\narchMap: []\n'],
  ['docker', '{"defaultAction": "SCMP_ACT_LOG", "defaultErrno": "EPERM"}'],
  ['spo', SPO],
  [
    'spo',
    '{"kind": "SeccompProfile", "apiVersion": "security-profiles-operator.x-k8s.io/v1beta1", "spec": {"defaultAction": "SCMP_ACT_LOG"}}',
  ],
  ['seccompiler', '{"main": {"mismatch_action": "log", "match_action": "allow", "filter": []}}'],
  ['seccompiler', 'main:\n  default_action: log\n  filter_action: allow\n  filter: []\n'],
  ['go-seccomp-bpf', 'seccomp:\n  default_action: allow\n  syscalls:\n  - {action: errno, names: [fork]}\n'],
  ['go-seccomp-bpf', 'default_action: errno\nsyscalls:\n- {action: allow, names: [fork]}\n'],
  ['systemd', '[Service]\nSystemCallFilter=read\n'],
  ['systemd', '# a drop-in\nSystemCallFilter = ~ptrace\n'],
  ['nspawn', '[Exec]\nSystemCallFilter=@keyring\n[Network]\nPrivate=yes\n'],
  ['lxc', '2\ndenylist\nreject_force_umount\n[all]\nkill errno 1\n'],
  ['snapd', '# a comment\nclose\nsocket AF_UNIX - 0\n'],
  ['snapd', '@complain\nkill 1\n'],
  ['lxc', '1\nallowlist\n0\n'],
  ['firejail', 'include x.local\ncaps.drop all\nseccomp !chroot,@clock # why\nprotocol unix,inet\n'],
  ['firejail', 'blacklist ~/.ssh\nseccomp.keep read,exit_group\n'],
  ['minijail-py', 'read: 1\nmkdir: return EACCES\n'],
  ['minijail-py', '# a device\n@default trap\n{close, dup}: {arg0 == 2, kill}\n'],
  ['kafel', 'POLICY web {\n  ALLOW { close, dup }\n}\nUSE web DEFAULT KILL\n'],
  ['kafel', '// why\nERRNO(1) { ptrace }\nDEFAULT ALLOW\n'],
  ['nsjail', 'name: "x"\nmax_cpus: 1\nmount {\n  src: "/"\n}\nseccomp_string: "DEFAULT ALLOW"\n'],
  ['list', 'default allow\n'],
  ['list', '\n# why\n\nread -> deny\ndefault allow\n'],
];
