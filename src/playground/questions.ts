import type { ProfileText } from './engine/protocol.js';
import type { AppState } from './state.js';

/** A question that people come with, and the state of the page that answers it. */
export interface Question {
  question: string;
  /** What to look at then. */
  answer: string;
  /** By title (examples.ts), or the text itself. */
  profile: string | ProfileText;
  /** The other side of the diff, by title. */
  other?: string;
  state: Partial<Pick<AppState, 'view' | 'programForm' | 'call'>>;
}

const OPEN_DENY_LIST: ProfileText = {
  source: 'deny-list.json',
  text: `{
  "defaultAction": "SCMP_ACT_ALLOW",
  "architectures": ["SCMP_ARCH_X86_64"],
  "syscalls": [
    { "names": ["mount", "ptrace"], "action": "SCMP_ACT_ERRNO" },
    {
      "names": ["clone"],
      "action": "SCMP_ACT_ERRNO",
      "args": [{ "index": 0, "value": 268435456, "op": "SCMP_CMP_EQ" }]
    }
  ]
}
`,
};

const BY_ARGUMENT: ProfileText = {
  source: 'sockets.txt',
  text: `# Sockets within the machine only.
default errno EPERM
allow read, write, close, exit_group
allow socket(domain == AF_UNIX)
`,
};

export const QUESTIONS: readonly Question[] = [
  {
    question: 'What does a container’s default filter allow?',
    answer: 'The map has every system call, by what happens to it. Click one to see which entry says so.',
    profile: 'container-default',
    state: { view: 'map' },
  },
  {
    question: 'Why does this deny-list not hold?',
    answer:
      'The call that was to be denied is allowed: its entry compares all of the flags. The findings say what else is open: newer calls that do the same.',
    profile: OPEN_DENY_LIST,
    state: {
      view: 'simulate',
      call: { architecture: 'x86_64', syscall: 'clone', arguments: ['CLONE_NEWUSER|CLONE_FS', '', '', '', ''] },
    },
  },
  {
    question: 'Which entry decides this call, and why not another?',
    answer:
      'The verdict names the entry with its place. The others are below, each with the argument that did not match.',
    profile: 'container-default',
    state: { view: 'simulate', call: { architecture: 'x86_64', syscall: 'personality', arguments: ['PER_BSD'] } },
  },
  {
    question: 'What changed between two profiles?',
    answer:
      'Each call that the two decide differently, weaker first. It compares the programs, for all arguments there are.',
    profile: 'container-default',
    other: 'a profile that extends another',
    state: { view: 'diff' },
  },
  {
    question: 'How does the filter look at arguments?',
    answer: 'The graph has the comparisons of one call as blocks. Click a block to see its entry in the profile.',
    profile: BY_ARGUMENT,
    state: { view: 'program', programForm: 'graph' },
  },
  {
    question: 'What does the kernel execute for one call?',
    answer: 'The listing has each instruction; the way of the simulated call through it is lit.',
    profile: BY_ARGUMENT,
    state: {
      view: 'program',
      programForm: 'listing',
      call: { architecture: 'x86_64', syscall: 'socket', arguments: ['AF_INET', 'SOCK_STREAM', '0'] },
    },
  },
];
