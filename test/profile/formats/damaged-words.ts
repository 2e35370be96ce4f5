import { implies } from '../../../src/bpf/index.js';
import { compileParsedProfile } from '../../../src/compiler/library.js';
import { ScmpError } from '../../../src/errors.js';
import type { Libseccomp } from '../../../src/libseccomp/index.js';
import type { InputFormat } from '../../../src/profile/formats/index.js';
import { readProfile } from '../../../src/profile/index.js';

/** Policies of deny-lists and allow-lists in the languages that are no JSON, with what each can say. */
const POLICIES: readonly { format: InputFormat; text: string }[] = [
  {
    format: 'list',
    text: 'default allow\narch x86_64\nptrace, bpf -> errno EPERM\nsocket(domain == AF_VSOCK) -> errno EINVAL\nclone(flags & CLONE_NEWUSER == CLONE_NEWUSER) -> kill\n',
  },
  {
    format: 'list',
    text: 'default errno ENOSYS\narch x86_64\nallow read, write, socket(domain == AF_UNIX)\nlog getrandom\n',
  },
  {
    format: 'systemd',
    text: '[Service]\nSystemCallFilter=~@mount ptrace:EPERM bpf\nSystemCallFilter=~kexec_load\nSystemCallErrorNumber=EACCES\nSystemCallArchitectures=native\nRestrictAddressFamilies=AF_UNIX AF_INET\nRestrictNamespaces=~user\nMemoryDenyWriteExecute=yes\nLockPersonality=true\n',
  },
  {
    format: 'nspawn',
    text: '[Exec]\nSystemCallFilter=~@keyring ptrace\nSystemCallFilter=~chown\nDropCapability=CAP_SYS_ADMIN\n',
  },
  {
    format: 'minijail',
    text: 'read: 1\nptrace: return EPERM\nsocket: arg0 == AF_UNIX || arg0 == AF_INET\nmmap: arg2 in ~PROT_EXEC || arg2 in ~PROT_WRITE\n',
  },
  {
    format: 'minijail-py',
    text: '@default kill-process\nread: allow\nptrace: return EPERM\nsocket: arg0 == AF_UNIX\nmmap: { arg2 & PROT_EXEC; kill-process, allow }\nbpf: trap\n',
  },
  {
    format: 'kafel',
    text: '#define UNIX 1\nPOLICY net { ERRNO(13) { socket(domain, type, protocol) { domain != UNIX } } }\nPOLICY all {\n  DENY { ptrace, bpf, kexec_load },\n  USE net\n}\nUSE all DEFAULT ALLOW\n',
  },
  {
    format: 'nsjail',
    text: 'name: "x"\nmode: ONCE\nseccomp_string: "ERRNO(1) { ptrace, bpf }"\nseccomp_string: "KILL { socket(domain) { domain == 16 } }"\nseccomp_string: "DEFAULT ALLOW"\n',
  },
  {
    format: 'lxc',
    text: '2\ndenylist\nreject_force_umount\n[all]\nkexec_load errno 1\nptrace kill\nclone errno 1 [0,268435456,SCMP_CMP_MASKED_EQ,268435456]\nbpf errno 13\n',
  },
  { format: 'lxc', text: '2\nallowlist errno 38\n[all]\nread\nsocket allow [0,1,SCMP_CMP_EQ]\n' },
  {
    format: 'snapd',
    text: 'read\nwrite\nsocket AF_UNIX - 0\nchown - u:root g:root\n~ptrace\nioctl - !TIOCSTI\nprctl PR_SET_NAME\n',
  },
  {
    format: 'go-seccomp-bpf',
    text: 'seccomp:\n  default_action: allow\n  syscalls:\n  - action: errno\n    names:\n    - ptrace\n    - bpf\n  - action: kill_process\n    names_with_args:\n    - name: socket\n      arguments:\n      - argument: 0\n        operation: Equal\n        value: 16\n',
  },
  {
    format: 'firejail',
    text: 'caps.drop all\nseccomp.drop ptrace,bpf:EACCES\nseccomp.32.drop ptrace\nseccomp-error-action EPERM\nprotocol unix,inet\nmemory-deny-write-execute\nrestrict-namespaces user\n',
  },
];

/** What came of texts with one mistake each. */
export interface DamageTally {
  refused: number;
  warned: number;
  read: number;
  weaker: string[];
}

type Damage = (text: string) => Iterable<string>;

const isWithoutMeaning = (text: string, at: number) =>
  /^\s*#(?!define)/.test(text.slice(text.lastIndexOf('\n', at - 1) + 1));

function* eachWord(text: string, damage: (word: string) => string): Iterable<string> {
  for (const { 0: word, index } of text.matchAll(/[A-Za-z_@][\w@.-]*/g)) {
    if (!isWithoutMeaning(text, index)) yield text.slice(0, index) + damage(word) + text.slice(index + word.length);
  }
}

/** No word is one that somebody knows after it. */
const DAMAGES: Record<string, Damage> = {
  'a word with letters at its end': (text) => eachWord(text, (word) => `${word}zq`),
  'a word with a letter before it': (text) => eachWord(text, (word) => `z${word}`),
  'a word with another one inside': (text) =>
    eachWord(text, (word) => `${word.slice(0, (word.length + 1) / 2)}zq${word.slice((word.length + 1) / 2)}`),
  *'a line that ends in a word'(text) {
    for (const { 0: word, index } of text.matchAll(/[A-Za-z_@][\w@.-]*/g)) {
      if (isWithoutMeaning(text, index) || word.length < 6) continue;
      // What is lost with the lines that follow is not there for the owner either.
      const [line = ''] = text.slice(index).split('\n', 1);
      yield `${text.slice(0, index)}${word.slice(0, -2)}\n${text.slice(index + line.length + 1)}`;
    }
  },
  *'a line end that was lost'(text) {
    for (const { index } of text.matchAll(/\n(?!$)/g)) yield text.slice(0, index) + text.slice(index + 1);
  },
};

/** Policies with one mistake: an error, a warning, or nowhere weaker. */
export function readDamaged(libseccomp: Libseccomp): DamageTally {
  const tally: DamageTally = { refused: 0, warned: 0, read: 0, weaker: [] };
  let own = libseccomp;
  const compile = (text: string, format: InputFormat) => {
    if (!own.usable) own = own.another();
    const profile = readProfile(text, { format, source: 'damaged' });
    const { program, warnings } = compileParsedProfile(profile, { arch: 'x86_64', libseccomp: own });
    return { program, warnings: [...profile.warnings, ...warnings] };
  };
  for (const { format, text } of POLICIES) {
    const whole = compile(text, format);
    const known = new Set(whole.warnings.map(({ message }) => message));
    for (const [what, damage] of Object.entries(DAMAGES)) {
      for (const damaged of damage(text)) {
        let made: ReturnType<typeof compile>;
        try {
          made = compile(damaged, format);
        } catch (error) {
          if (!(error instanceof ScmpError)) throw error;
          tally.refused++;
          continue;
        }
        tally.read++;
        if (implies(made.program, whole.program).holds) continue;
        if (made.warnings.some(({ message }) => !known.has(message))) tally.warned++;
        else tally.weaker.push(`${format}, ${what}:\n${damaged}`);
      }
    }
  }
  return tally;
}
