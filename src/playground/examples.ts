import { BUILTIN_NAMES } from '../profile/builtin/names.js';
import type { ProfileText } from './engine/protocol.js';

/** A profile to start from. `file`: beside the page, in examples/; otherwise the text itself. */
export interface Example {
  title: string;
  source: string;
  text?: string;
}

const LIST = `# The plain list: one rule a line. Arguments go by name, values too.
default errno EPERM

allow read, write, close, exit_group, rt_sigreturn, brk, mmap, munmap, mprotect, futex
allow openat(flags & (O_WRONLY|O_RDWR) == O_RDONLY)
allow socket(domain == AF_UNIX)
clone3 -> errno ENOSYS
`;

const UNIT = `[Service]
# systemd's own notation, as in a unit file.
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
SystemCallArchitectures=native
`;

const KUBERNETES = `apiVersion: security-profiles-operator.x-k8s.io/v1beta1
kind: SeccompProfile
metadata:
  name: web
spec:
  defaultAction: SCMP_ACT_ERRNO
  architectures: [SCMP_ARCH_X86_64]
  syscalls:
    - action: SCMP_ACT_ALLOW
      names: [read, write, close, accept4, epoll_wait, exit_group, futex]
    - action: SCMP_ACT_LOG
      names: [openat]
`;

const EXTENDING = `{
  "extends": "container-default",
  "remove": ["mknod"],
  "syscalls": [
    {
      "names": ["io_uring_setup", "io_uring_enter", "io_uring_register"],
      "action": "SCMP_ACT_ALLOW"
    },
    {
      "names": ["ptrace"],
      "action": "SCMP_ACT_LOG"
    }
  ]
}
`;

export const EXAMPLES: readonly Example[] = [
  ...BUILTIN_NAMES.map((name) => ({ title: name, source: `${name}.json` })),
  { title: 'a profile that extends another', source: 'extended.json', text: EXTENDING },
  { title: 'plain list', source: 'rules.txt', text: LIST },
  { title: 'systemd unit', source: 'web.service', text: UNIT },
  { title: 'Kubernetes SeccompProfile', source: 'web.yaml', text: KUBERNETES },
];

export async function loadExample({ text, source }: Example): Promise<ProfileText> {
  if (text !== undefined) return { text, source };
  const response = await fetch(new URL(`./examples/${source}`, import.meta.url));
  if (!response.ok) throw new Error(`the example ${source} could not be loaded (HTTP status ${response.status})`);
  return { text: await response.text(), source };
}
