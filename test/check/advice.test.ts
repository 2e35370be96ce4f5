import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkProfile, type Finding } from '../../src/check/index.js';
import {
  OUTPUT_FORMATS,
  type ParsedProfile,
  type ReadOptions,
  readProfile,
  writeProfile,
} from '../../src/profile/index.js';
import { BASE, libseccomp, type Options } from './profiles.js';

type Given = Options & Pick<ReadOptions, 'systemd'>;

function findingsOf(text: string, { targets = ['x86_64'], systemd, ...options }: Given = {}): readonly Finding[] {
  const profile = readProfile(text, { source: 'profile', ...(systemd ? { systemd } : {}) });
  return checkProfile(profile, { ...options, targets, libseccomp, text }).findings;
}

/** Words of a format that another has not: whoever reads them in an advice cannot write them. */
const FOREIGN: Readonly<Record<ParsedProfile['format'], RegExp>> = {
  oci: /--enosys-stub|SystemCall|errno [A-Z]|mismatch_action|dword/,
  docker: /--enosys-stub|SystemCall|errno [A-Z]|mismatch_action|dword/,
  'oci-config': /--enosys-stub|SystemCall|errno [A-Z]|mismatch_action|dword|archMap|includes|"errno"/,
  spo: /--enosys-stub|SystemCall|errno [A-Z]|mismatch_action|dword|defaultErrno|archMap|includes|"errno"|_comment/,
  seccompiler: /SCMP_|--enosys-stub|SystemCall|errnoRet|defaultErrno|archMap|includes|listenerPath|valueTwo/,
  systemd: /SCMP_|--enosys-stub|errnoRet|defaultErrno|archMap|includes|listenerPath|valueTwo|mismatch_action|dword/,
  'go-seccomp-bpf':
    /SCMP_|SystemCall|errnoRet|defaultErrno|archMap|includes|listenerPath|valueTwo|mismatch_action|dword/,
  snapd: /SCMP_|SystemCall|errnoRet|defaultErrno|archMap|includes|listenerPath|valueTwo|mismatch_action|dword/,
  firejail: /SCMP_|SystemCall|errnoRet|defaultErrno|archMap|includes|listenerPath|valueTwo|mismatch_action|dword/,
  lxc: /SCMP_|SystemCall|errnoRet|defaultErrno|archMap|includes|listenerPath|valueTwo|mismatch_action|dword/,
  'minijail-py': /SCMP_|SystemCall|errnoRet|defaultErrno|archMap|includes|listenerPath|valueTwo|mismatch_action|dword/,
  minijail: /SCMP_|SystemCall|errnoRet|defaultErrno|archMap|includes|listenerPath|valueTwo|mismatch_action|dword/,
  kafel: /SCMP_|SystemCall|errnoRet|defaultErrno|archMap|includes|listenerPath|valueTwo|mismatch_action|dword/,
  nspawn: /SCMP_|--enosys-stub|errnoRet|defaultErrno|archMap|includes|listenerPath|valueTwo|mismatch_action|dword/,
  nsjail: /SCMP_|SystemCall|errnoRet|defaultErrno|archMap|includes|listenerPath|valueTwo|mismatch_action|dword/,
  list: /SCMP_|SystemCall|errnoRet|defaultErrno|archMap|includes|listenerPath|valueTwo|mismatch_action|dword/,
};

/** The profiles of docs/check.md, one for each finding. */
const EXAMPLES = [
  ...readFileSync(new URL('../../docs/check.md', import.meta.url), 'utf8').matchAll(/^```json\n(.*)\n```/gm),
].map(([, text]) => text as string);

const UNITS = [
  'SystemCallArchitectures=native\nSystemCallFilter=@system-service',
  'SystemCallFilter=~clone3:EPERM swapon',
  'SystemCallErrorNumber=EPERM\nSystemCallFilter=read clone bpf',
  'SystemCallLog=~read\nMemoryDenyWriteExecute=yes',
].map((settings) => `[Service]\n${settings}\n`);

const firecracker = (mismatch: unknown, match: unknown, ...filter: unknown[]) =>
  JSON.stringify({ main: { mismatch_action: mismatch, match_action: match, filter } });
const on = (type: string, op: unknown, val: number) => ({
  syscall: 'alarm',
  args: [{ index: 0, type, op, val }],
});
const FILTERS = [
  firecracker({ errno: 1 }, 'allow', { syscall: 'read' }, { syscall: 'clone' }, { syscall: 'bpf' }),
  firecracker('allow', { errno: 1 }, { syscall: 'clone3' }, { syscall: 'open' }),
  firecracker('allow', { errno: 1 }, on('qword', 'eq', 16), on('qword', { masked_eq: 2 ** 33 + 1 }, 1)),
  firecracker('trap', 'allow', { syscall: 'clone' }, on('qword', 'ne', 16)),
  firecracker({ trace: 1 }, 'log', { syscall: 'clone' }),
];

describe('advice is in the words of the file', () => {
  const written = EXAMPLES.flatMap((text) =>
    OUTPUT_FORMATS.flatMap((format): string[] => {
      try {
        return [writeProfile(readProfile(text), format)];
      } catch {
        return []; // What a format cannot say has no findings there.
      }
    }),
  );

  it.each([
    ['the examples of docs/check.md, in every format that can say them', [...EXAMPLES, ...written]],
    ['units', UNITS],
    ['filters of Firecracker', FILTERS],
  ])('%s', (_, texts) => {
    const formats = new Map<string, number>();
    const foreign: string[] = [];
    for (const text of texts) {
      const { format, seccomp } = readProfile(text);
      if (seccomp.extends) continue;
      const findings = findingsOf(text, { targets: undefined });
      formats.set(format, (formats.get(format) ?? 0) + findings.length);
      for (const { id, message, advice } of findings) {
        // It is about this format as such, or names another on purpose.
        if (['engine-reads-nothing', 'foreign-key', 'unknown-key', 'deprecated-name'].includes(id)) continue;
        const all = `${format} ${id}: ${message}. ${advice}`;
        if (FOREIGN[format].test(all)) foreign.push(all.replace(FOREIGN[format], '<$&>'));
      }
    }
    expect(foreign).toEqual([]);
    for (const count of formats.values()) expect(count).toBeGreaterThan(0);
  });
});

interface Followed {
  id: string;
  text: string;
  /** What the advice says to write. */
  says: string[];
  /** The profile in which that was done: the words of `says`, there. */
  done: (text: string, says: readonly string[]) => string;
  options?: Options;
  /** The systemd that a unit is for. */
  systemd?: ReadOptions['systemd'];
}

const base = BASE.split(' ');
const json = (more: object, ...syscalls: object[]) =>
  JSON.stringify({
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 1,
    architectures: ['SCMP_ARCH_X86_64'],
    ...more,
    syscalls: [{ names: base, action: 'SCMP_ACT_ALLOW' }, ...syscalls],
  });
const edit = (text: string, change: (profile: never) => void) => {
  const profile = JSON.parse(text);
  change(profile as never);
  return JSON.stringify(profile);
};
const spo = (text: string) =>
  JSON.stringify({
    apiVersion: 'security-profiles-operator.x-k8s.io/v1beta1',
    kind: 'SeccompProfile',
    metadata: { name: 'x' },
    spec: { ...JSON.parse(text), defaultErrnoRet: undefined },
  });
const list = (...lines: string[]) =>
  `default errno EPERM\narch x86_64\nallow ${base.join(', ')}\n${lines.join('\n')}\n`;
const unit = (...lines: string[]) => `[Service]\nSystemCallFilter=${base.join(' ')}\n${lines.join('\n')}\n`;
const append = (text: string, says: readonly string[]) => `${text}${says.join('\n')}\n`;

type Section = { syscalls: object[]; architectures: string[]; [key: string]: unknown };
const ENTRY = { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 };

const FOLLOWED: Record<string, Followed> = {
  'probe-not-enosys, JSON': {
    id: 'probe-not-enosys',
    text: json({}, { names: ['clone'], action: 'SCMP_ACT_ALLOW' }),
    says: ['SCMP_ACT_ERRNO', 'errnoRet 38', 'clone3'],
    done: (text) => edit(text, (profile: Section) => profile.syscalls.push(ENTRY)),
  },
  'probe-not-enosys, SeccompProfile': {
    id: 'probe-not-enosys',
    text: spo(json({}, { names: ['clone'], action: 'SCMP_ACT_ALLOW' })),
    says: ['SCMP_ACT_ERRNO', 'errnoRet 38', 'clone3'],
    done: (text) => edit(text, ({ spec }: { spec: Section }) => spec.syscalls.push(ENTRY)),
  },
  'probe-not-enosys, list': {
    id: 'probe-not-enosys',
    text: list('allow clone'),
    says: ['clone3 -> errno ENOSYS'],
    done: append,
  },
  'probe-not-enosys, unit': {
    id: 'probe-not-enosys',
    text: unit(
      'SystemCallErrorNumber=EPERM',
      'SystemCallFilter=clone',
      'SystemCallFilter=~clone3 faccessat2 fchmodat2',
    ),
    says: ['SystemCallFilter=~clone3:ENOSYS'],
    done: append,
  },
  'probe-not-enosys, Firecracker': {
    id: 'probe-not-enosys',
    text: firecracker({ errno: 1 }, 'allow', ...[...base, 'clone'].map((syscall) => ({ syscall }))),
    says: ['"mismatch_action"', '{"errno": 38}'],
    done: (text) => edit(text, ({ main }: { main: Section }) => (main.mismatch_action = { errno: 38 })),
  },
  'kill-probed-call, list': {
    id: 'kill-probed-call',
    text: 'default allow\nkill-process clone3\n',
    says: ['clone3 -> errno ENOSYS'],
    done: (_, [line]) => `default allow\n${line}\n`,
  },
  'kill-probed-call, Firecracker': {
    id: 'kill-probed-call',
    text: firecracker('allow', 'kill_process', { syscall: 'clone3' }),
    says: ['"match_action"', '{"errno": 38}'],
    done: (text) => edit(text, ({ main }: { main: Section }) => (main.match_action = { errno: 38 })),
  },
  'new-calls-refused, JSON': {
    id: 'new-calls-refused',
    text: json({}),
    says: ['"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38'],
    done: (text) => edit(text, (profile: Section) => (profile.defaultErrnoRet = 38)),
  },
  'new-calls-refused, SeccompProfile': {
    id: 'new-calls-refused',
    text: spo(json({})),
    says: ['--runtime runc'],
    done: (text) => text,
    options: { runtime: 'runc' },
  },
  'new-calls-refused, list': {
    id: 'new-calls-refused',
    text: list(),
    says: ['default errno ENOSYS'],
    done: (text, [line]) => text.replace('default errno EPERM', line as string),
  },
  'new-calls-refused, unit': {
    id: 'new-calls-refused',
    text: unit(),
    says: ['SystemCallErrorNumber=ENOSYS'],
    systemd: '252', // newer ones answer ENOSYS themselves
    done: append,
  },
  'new-calls-refused, Firecracker': {
    id: 'new-calls-refused',
    text: firecracker('trap', 'allow', { syscall: 'read' }),
    says: ['"mismatch_action": {"errno": 38}'],
    done: (text, [member]) => text.replace('"mismatch_action":"trap"', member as string),
  },
  'missing-32-bit, JSON': {
    id: 'missing-32-bit',
    text: json({}),
    says: ['"SCMP_ARCH_X86"', '"architectures"'],
    done: (text) => edit(text, (profile: Section) => profile.architectures.push('SCMP_ARCH_X86')),
  },
  'missing-32-bit, archMap': {
    id: 'missing-32-bit',
    text: json({ architectures: undefined, archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: [] }] }),
    says: ['"SCMP_ARCH_X86"', '"subArchitectures"'],
    done: (text) => text.replace('"subArchitectures":[]', '"subArchitectures":["SCMP_ARCH_X86"]'),
  },
  'missing-32-bit, list': { id: 'missing-32-bit', text: list(), says: ['arch x86'], done: append },
  'missing-32-bit, unit': {
    id: 'missing-32-bit',
    text: unit('SystemCallArchitectures=native'),
    says: ['SystemCallArchitectures=native x86'],
    done: append,
  },
  'sensitive-call, JSON': {
    id: 'sensitive-call',
    text: json({}, { names: ['bpf'], action: 'SCMP_ACT_ALLOW' }),
    says: ['"includes": {"caps": ["CAP_BPF"]}'],
    done: (text, [member]) => text.replace('{"names":["bpf"],', `{"names":["bpf"],${member},`),
  },
  'sensitive-call, list': {
    id: 'sensitive-call',
    text: list('allow bpf'),
    says: ['when cap CAP_BPF: allow bpf'],
    done: (_, [line]) => list(line as string),
  },
  'sensitive-call, unit': {
    id: 'sensitive-call',
    text: unit('SystemCallFilter=bpf'),
    says: ['SystemCallFilter=~bpf'],
    done: append,
  },
  'wide-comparison, list': {
    id: 'wide-comparison',
    text: 'default allow\ndeny alarm(arg0:64 == 16)\n',
    says: ['seconds'],
    done: (text, [name]) => text.replace('arg0:64', name as string),
  },
  'wide-comparison, Firecracker': {
    id: 'wide-comparison',
    text: firecracker('allow', { errno: 1 }, on('qword', 'eq', 16)),
    says: ['"type": "dword"'],
    done: (text, [member]) => text.replace('"type":"qword"', member as string),
  },
  'wide-comparison, Firecracker, a mask': {
    id: 'wide-comparison',
    text: firecracker('allow', { errno: 1 }, on('qword', { masked_eq: 2 ** 33 + 1 }, 1)),
    says: ['"op": {"masked_eq": 1}'],
    done: (text, [member]) => text.replace('"op":{"masked_eq":8589934593}', member as string),
  },
  'errno-missing, SeccompProfile': {
    id: 'errno-missing',
    text: spo(json({}, { names: ['acct'], action: 'SCMP_ACT_ERRNO' })),
    says: ['"errnoRet": 1'],
    done: (text, [member]) => text.replace('["acct"],', `["acct"],${member},`),
  },
  'log-default, list': {
    id: 'log-default',
    text: 'default log\ndeny acct\n',
    says: ['restricting default'],
    done: (text) => text.replace('default log', 'default errno ENOSYS'),
  },
  'trace-without-tracer, list': {
    id: 'trace-without-tracer',
    text: 'default allow\nacct -> trace 1\n',
    says: ['log', 'errno'],
    done: (text) => text.replace('acct -> trace 1', 'log acct'),
  },
  'notify-without-listener, list': {
    id: 'notify-without-listener',
    text: 'default allow\nnotify acct\n',
    says: ['a "listener" line'],
    done: (text) => `${text}listener /run/agent.sock\n`,
  },
  'vfork-missing, unit': {
    id: 'vfork-missing',
    text: unit('SystemCallFilter=clone fork'),
    says: ['vfork'],
    done: (text, [name]) => `${text}SystemCallFilter=${name}\n`,
  },
  'restart-missing, list': {
    id: 'restart-missing',
    text: 'default errno ENOSYS\nallow poll, nanosleep\n',
    says: ['restart_syscall'],
    done: (text, [name]) => `${text}allow ${name}\n`,
  },
  'byte-order-mark, JSON': {
    id: 'byte-order-mark',
    text: `\uFEFF${json({})}`,
    says: ['without a byte order mark'],
    done: (text) => text.slice(1),
  },
};

describe('advice that is followed parses and silences the finding', () => {
  it.each(Object.entries(FOLLOWED))('%s', (_, { id, text, says, done, options, systemd }) => {
    const found = findingsOf(text, { systemd }).filter((finding) => finding.id === id);
    expect(found.length).toBeGreaterThan(0);
    const advice = found.map((finding) => finding.advice).join('\n');
    for (const words of says) expect(advice).toContain(words);
    const left = findingsOf(done(text, says), { ...options, systemd }).filter((finding) => finding.id === id);
    expect(left.length).toBeLessThan(found.length);
  });
});

it('a SeccompProfile is not asked for an errno of its default, which it has no key for', () => {
  expect(findingsOf(spo(json({}))).map(({ id }) => id)).not.toContain('errno-missing');
});
