import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { compileParsedWith } from '../../src/compiler/compile-parsed-profile.js';
import { ScmpError } from '../../src/errors.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { loadProfile } from '../../src/profile/formats/load-profile.js';
import { scmp as run, type ScmpResult } from './scmp.js';

/** Sets a title, colours, hides what follows, turns the writing, ends the line; and a line of its own that looks like ours. */
const STEERING = '\x1b]0;t\x07\x1b[31m\x9b8m\x85\r\u202e\u2066\u200b\u{e0001}';
const FORGED = 'scmp-forged: all is well';
const HOSTILE = `x${STEERING}\n${FORGED}`;
/** In a file's name, and in arguments. */
const NAME = HOSTILE.replaceAll('/', '');
/** Of a text format whose lines end it. */
const WORD = `x${STEERING.replace('\r', '').replace('\x85', '')}`;

const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

const libseccomp = loadLibseccompSync();

const folder = mkdtempSync(join(tmpdir(), 'scmp-hostile-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function file(content: string | object, name = `${files++}.json`): string {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  writeFileSync(join(folder, name), text);
  return name;
}

function scmp(args: readonly string[], input = ''): ScmpResult {
  return run(args, { cwd: folder, input });
}

/** What a command printed is text alone, and no line of it is another's. */
function expectSafe({ stdout, stderr, status, signal }: ScmpResult): string {
  const printed = stdout.toString() + stderr;
  expect(printed.replace(/[\n\t]/g, '')).not.toMatch(UNSAFE);
  expect(printed.split('\n').filter((line) => line.startsWith(FORGED))).toEqual([]);
  expect(printed).not.toContain('internal error');
  expect({ signal, isKnown: [0, 1, 2, 3, 126, 127].includes(status as number) }).toEqual({
    signal: null,
    isKnown: true,
  });
  return printed;
}

/** The same of what the command prints for a profile, without the time that it takes to start. */
async function expectSafeInLibrary(name: string): Promise<void> {
  const printed: string[] = [];
  try {
    const parsed = await loadProfile(readFileSync(join(folder, name)), { source: name });
    const { warnings } = compileParsedWith(parsed, { arch: 'x86_64', libseccomp });
    printed.push(...warnings.map(({ message, path }) => `${path} ${message}`));
  } catch (error) {
    if (!(error instanceof ScmpError)) throw error;
    printed.push(...error.message.split('\n'));
  }
  for (const line of printed) {
    expect(line).not.toMatch(UNSAFE);
    expect(line).not.toMatch(/^scmp-forged/);
  }
}

const PROFILE = {
  defaultAction: 'SCMP_ACT_ERRNO',
  defaultErrno: 'EPERM',
  architectures: ['SCMP_ARCH_X86_64'],
  flags: ['SECCOMP_FILTER_FLAG_LOG'],
  listenerPath: '/run/agent.sock',
  listenerMetadata: 'metadata',
  syscalls: [
    { names: ['read', 'write'], action: 'SCMP_ACT_ALLOW', comment: 'a comment' },
    {
      names: ['mount'],
      action: 'SCMP_ACT_ERRNO',
      errno: 'EACCES',
      args: [{ index: 0, value: 1, valueTwo: 2, op: 'SCMP_CMP_MASKED_EQ' }],
      includes: { caps: ['CAP_SYS_ADMIN'], arches: ['amd64'], minKernel: '4.8' },
      excludes: { caps: ['CAP_SYS_CHROOT'], arches: ['s390x'] },
    },
  ],
};

/** The document with one of its strings replaced, or one of its keys, or a key added: every place in turn. */
function* spoilt(value: unknown): Generator<unknown> {
  if (typeof value === 'string') yield HOSTILE;
  else if (typeof value === 'number') yield HOSTILE;
  else if (Array.isArray(value)) {
    for (const [index, item] of value.entries())
      for (const each of spoilt(item)) yield value.map((other, at) => (at === index ? each : other));
  } else {
    const object = value as Record<string, unknown>;
    yield { ...object, [HOSTILE]: HOSTILE };
    yield { ...object, [`comment${STEERING}`]: 1 };
    for (const key of Object.keys(object)) {
      const { [key]: taken, ...rest } = object;
      yield { ...rest, [`${key}${STEERING}`]: taken };
      for (const each of spoilt(taken)) yield { ...object, [key]: each };
    }
  }
}

/** What every reader takes: hostile wherever nothing checks the text. */
const TAKEN = {
  ...PROFILE,
  listenerPath: undefined,
  listenerMetadata: undefined,
  defaultErrno: 'EDEADLOCK',
  [HOSTILE]: 'unknown key',
  syscalls: [
    { names: ['read', HOSTILE, 'constructor', '__proto__'], action: 'SCMP_ACT_ALLOW', comment: HOSTILE },
    {
      names: [`${HOSTILE}2`],
      action: 'SCMP_ACT_ALLOW',
      args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }],
      includes: { caps: [HOSTILE], arches: [HOSTILE, 'amd64'] },
      excludes: { caps: [HOSTILE], arches: [HOSTILE] },
    },
    { names: [HOSTILE], action: 'SCMP_ACT_ERRNO', errno: 'EDEADLOCK' },
    { names: [HOSTILE], action: 'SCMP_ACT_ERRNO', errnoRet: 1 },
  ],
};

const ARCH = ['--arch', 'x86_64'];

describe('profiles in JSON', () => {
  const profiles = [...spoilt(PROFILE)].map((each) => file(each as object));

  it.each(['text', 'json', 'sarif', 'github'])('check, in %s', (format) => {
    const printed = expectSafe(scmp(['check', ...profiles, '--format', format]));
    // The text is there, escaped.
    expect(printed).toContain('\\u001b');
  });

  it('check --fix', () => {
    expectSafe(scmp(['check', '--fix', '--dry-run', ...profiles]));
    expectSafe(scmp(['check', '--fix', ...profiles]));
  });

  it('compile', async () => {
    for (const profile of profiles) await expectSafeInLibrary(profile);
    expectSafe(scmp(['compile', profiles[0]!, '--format', 'hex', ...ARCH]));
  });

  it.each([
    ['compile', '--format', 'asm'],
    ['compile', '--format', 'json'],
    ['compile', '--format', 'c'],
    ['compile', '--format', 'pfc'],
    ['compile', '--unknown-syscall', 'error', '--format', 'hex'],
    ['compile', '--explain-resolution'],
    ['compile', '--explain-resolution', '--format', 'json'],
    ['convert', '--to', 'oci'],
    ['convert', '--to', 'docker'],
    ['convert', '--to', 'spo'],
    ['convert', '--to', 'list'],
    ['explain'],
    ['explain', '--json'],
  ])('%s %s %s', (command, ...options) => {
    const profile = file(TAKEN, `${NAME}.json`);
    expectSafe(scmp([command, profile, ...options, ...ARCH]));
  });

  it('simulate, diff, implies, explain of one call', () => {
    const profile = file(TAKEN, `${NAME}.json`);
    const other = file({ defaultAction: 'SCMP_ACT_ALLOW' });
    expectSafe(scmp(['simulate', profile, 'read', ...ARCH]));
    expectSafe(scmp(['diff', profile, other, ...ARCH]));
    const printed = expectSafe(scmp(['implies', other, profile, ...ARCH]));
    expect(printed).toContain('\\u001b');
    expectSafe(scmp(['explain', profile, 'read', ...ARCH]));
    expectSafe(scmp(['explain', profile, HOSTILE, ...ARCH]));
  });

  it('a base that it extends, and the name of one', () => {
    const base = file(TAKEN, `base-${NAME}.json`);
    for (const name of [`./${base}`, HOSTILE, `./${HOSTILE}`]) {
      const profile = file({ extends: name, remove: ['read', HOSTILE], syscalls: TAKEN.syscalls });
      expectSafe(scmp(['compile', profile, '--format', 'hex', ...ARCH]));
      expectSafe(scmp(['check', profile]));
    }
  });
});

describe('other formats', () => {
  const SPO = (spec: string) =>
    `apiVersion: security-profiles-operator.x-k8s.io/v1beta1\nkind: SeccompProfile\nmetadata:\n  name: a\nspec:\n${spec}`;
  const yaml = JSON.stringify(HOSTILE);
  const TEXTS: Record<string, string> = {
    'p.yaml': SPO(
      `  defaultAction: SCMP_ACT_ERRNO\n  ${yaml}: 1\n  syscalls:\n  - {names: [read, ${yaml}], action: SCMP_ACT_ALLOW}\n`,
    ),
    'action.yaml': SPO(`  defaultAction: ${yaml}\n`),
    'alias.yaml': SPO(`  defaultAction: *${WORD}\n`),
    'tag.yaml': SPO(`  defaultAction: !${WORD} x\n`),
    'plain.yaml': SPO(`  defaultAction: ${WORD}\n`),
    'name.yaml': `apiVersion: security-profiles-operator.x-k8s.io/v1beta1\nkind: ${yaml}\nmetadata:\n  name: ${yaml}\n`,
    'call.service': `[Service]\nSystemCallFilter=read ${WORD} @${WORD}\n`,
    'errno.service': `[Service]\nSystemCallFilter=read:${WORD}\nSystemCallErrorNumber=${WORD}\n`,
    'setting.service': `[Service]\nSystemCallFilte${WORD}=read\n${WORD}\nSystemCallArchitectures=${WORD}\n[${WORD}]\n`,
    'call.list': `default errno EPERM\nallow read, ${WORD}\n`,
    'action.list': `default ${WORD}\n`,
    'words.list': `default allow\n${WORD}\narch ${WORD}\nflags ${WORD}\nwhen cap ${WORD}: allow read\nread -> errno ${WORD}\n`,
    'condition.list': `default errno EPERM\nallow socket(${WORD} == 1)\nallow socket(domain == ${WORD})\nallow open(mode == "${WORD}")\n`,
    'thread.json': JSON.stringify({
      [HOSTILE]: { mismatch_action: HOSTILE, match_action: 'allow', filter: [{ syscall: HOSTILE, [HOSTILE]: 1 }] },
    }),
    'config.json': JSON.stringify({ ociVersion: HOSTILE, linux: { seccomp: TAKEN, [HOSTILE]: 1 } }),
    'broken.json': `{"defaultAction": ${HOSTILE}}`,
    'number.json': `{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1${WORD}}`,
    'empty.txt': HOSTILE,
  };

  const profiles = Object.entries(TEXTS).map(([name, text]) => file(text, name));

  it.each(profiles)('compile %s', (profile) => expectSafeInLibrary(profile));

  it.each(['text', 'json', 'sarif', 'github'])('check, in %s', (format) => {
    expectSafe(scmp(['check', ...profiles, '--format', format]));
  });

  it.each(['p.yaml', 'call.service', 'words.list', 'condition.list'])('compile and convert %s', (profile) => {
    expectSafe(scmp(['compile', profile, '--format', 'hex', ...ARCH]));
    expectSafe(scmp(['convert', profile, '--to', 'docker']));
  });

  it.each([
    `A = ${WORD}\nreturn ALLOW\n`,
    `return ${WORD}\n`,
    `return constructor\nA constructor 1 ? next : next\n`,
    `goto ${WORD}\nreturn ERRNO(E${WORD})\n`,
    `.arch ${WORD}\n.${WORD}\nreturn ALLOW\n`,
    `if (A == ${WORD}) goto x\nreturn TRAP(${WORD})\nx: return ALLOW\n`,
    `L${WORD}: return ALLOW\n`,
    `return ALLOW # ${WORD}\n`,
  ])('asm %j', (text) => {
    const source = file(text, `asm-${NAME}`);
    expectSafe(scmp(['asm', source, '--format', 'hex']));
    expectSafe(scmp(['disasm', source]));
  });
});

describe('logs', () => {
  const AUDIT = (comm: string, arch: string, syscall: string) =>
    `type=1326 audit(1.2:3): auid=0 uid=0 pid=1 comm="${comm}" exe="${comm}" sig=0 arch=${arch} syscall=${syscall} compat=0 ip=0x0 code=0x7ffc0000\n`;

  it.each([
    AUDIT(WORD, 'c000003e', '1'),
    AUDIT('x', WORD, '1'),
    AUDIT('x', 'c000003e', WORD),
    AUDIT('x', 'x86_64', 'constructor'),
    AUDIT('x', '__proto__', '1'),
    `${WORD}\ntype=1326 ${WORD}\n`,
  ])('audit %j', (log) => {
    const source = file(log, `audit-${NAME}`);
    expectSafe(scmp(['record', '--from-audit', source, '--to', 'list']));
  });

  it.each([
    `${WORD}(1) = 0\nread(0) = 0\n`,
    `read(${WORD}, "${WORD}", {${WORD}=[${WORD}]}) = ${WORD}\n`,
    `strace: [ Process PID=1 runs in ${WORD} mode. ]\nread(0) = 0\n`,
    `strace: [ Process PID=1 runs in constructor mode. ]\nread(0) = 0\n`,
    `constructor(1) = 0\nioctl(1, _IOC(constructor|__proto__, 0x1, 0x2, 0x3)) = 0\nclone(constructor=1, toString=2) = 0\n`,
    `${WORD}\n`,
  ])('strace %j', (log) => {
    const source = file(log, `strace-${NAME}`);
    expectSafe(scmp(['record', '--from-strace', '-', '--args', '--to', 'list', ...ARCH], log));
    expectSafe(scmp(['why', source, ...ARCH]));
  });

  it('a profile that a log is merged into', () => {
    const profile = file(TAKEN, `${NAME}.json`);
    const log = file('read(0) = 0\nopenat(AT_FDCWD, "x", O_RDONLY) = 3\n');
    expectSafe(scmp(['record', '--from-strace', log, '--merge', profile, ...ARCH]));
  });
});

describe('arguments', () => {
  const profile = file(PROFILE);
  const ALL = [
    'compile',
    'check',
    'simulate',
    'explain',
    'diff',
    'implies',
    'intersect',
    'convert',
    'disasm',
    'asm',
    'dump',
    'run',
    'record',
  ];
  const ARGUMENTS: Record<string, string[]> = {
    simulate: ['read'],
    diff: [profile],
    implies: [profile],
    intersect: [profile],
    run: ['--profile', profile],
  };

  it.each(ALL)('a file that is not there: %s', (command) => {
    const to = command === 'convert' ? ['--to', 'list'] : [];
    const [first, ...others] = command === 'run' ? [...ARGUMENTS.run!, NAME] : [NAME, ...(ARGUMENTS[command] ?? [])];
    expectSafe(scmp([command, first!, ...others, ...to]));
    expectSafe(
      scmp([
        command,
        ...(command === 'run' ? ARGUMENTS.run! : []),
        `./${NAME}/y`,
        ...(command === 'run' ? [] : others),
        ...to,
      ]),
    );
  });

  it.each([
    ['compile', profile, '--arch', HOSTILE],
    ['compile', profile, '--cap', HOSTILE],
    ['compile', profile, '--kernel', HOSTILE],
    ['compile', profile, '-o', `${NAME}/x/`],
    ['compile', profile, '-o', `${NAME}/x`],
    ['compile', profile, '--base', HOSTILE, '--format', 'hex'],
    ['compile', `builtin:${HOSTILE}`],
    ['check', profile, '--ignore', HOSTILE],
    ['check', profile, '--target', HOSTILE],
    ['check', profile, '--cap', HOSTILE],
    ['check', profile, '--libseccomp', HOSTILE],
    ['compile', profile, '--libseccomp', HOSTILE],
    ['compile', profile, '--thread', HOSTILE, '--format', 'hex'],
    ['compile', profile, '--document', HOSTILE, '--format', 'hex'],
    ['record', '--for', HOSTILE, 'true'],
    ['convert', profile, '--to', 'spo', '--name', HOSTILE],
    ['simulate', profile, HOSTILE],
    ['simulate', profile, 'read', HOSTILE],
    ['simulate', profile, 'read', `${WORD}=1`],
    ['simulate', profile, 'read', '1', `fd=${HOSTILE}`],
    ['explain', profile, HOSTILE],
    ['resolve', HOSTILE],
    ['resolve', 'constructor'],
    ['record', '--from-audit', NAME],
    ['record', '--from-strace', NAME],
    ['run', '--profile', NAME, 'true'],
  ])('%s %s %j', (...args) => {
    expectSafe(scmp(args));
  });

  // Commander's own words.
  it.each([
    [HOSTILE],
    ['compile', `--${HOSTILE}`],
    ['compile', profile, '--runtime', HOSTILE],
    ['compile', profile, '--from', HOSTILE],
    ['compile', profile, '--format', HOSTILE],
    ['compile', profile, profile, HOSTILE],
    ['simulate', profile, 'read', '--ip', HOSTILE],
    ['dump', HOSTILE],
    ['dump', HOSTILE, HOSTILE],
    ['dump', '--', HOSTILE],
    ['playground', '--port', HOSTILE],
    ['completion', HOSTILE],
  ])('%s %s %j', (...args) => {
    expectSafe(scmp(args));
  });
});

describe('processes', () => {
  it('run --trace tells of a process and a path of such names', () => {
    const profile = file('default allow\nmkdir, mkdirat -> errno EACCES\n', 'trace.list');
    mkdirSync(join(folder, 'bin'), { recursive: true });
    // A process's name is 15 bytes.
    const program = join(folder, 'bin', '\x1b[31mx\u202e\n');
    copyFileSync('/bin/mkdir', program);
    const { stderr, ...rest } = scmp(['run', '--trace', '--profile', profile, '--', program, `sub-${NAME}`]);
    const ours = stderr.split('\n').filter((line) => line.startsWith('scmp: denied'));
    expect(ours.length).toBeGreaterThan(0);
    expectSafe({ ...rest, stderr: ours.join('\n') });
    expect(ours.join('\n')).toContain('\\u001b[31mx');
  });

  it('run of a file whose interpreter is not there', () => {
    const profile = file('default allow\n', 'allow.list');
    const program = join(folder, `bin-${NAME}`);
    writeFileSync(program, '#!/nowhere\n', { mode: 0o755 });
    const { stderr } = scmp(['run', '--profile', profile, '--', program]);
    expect(stderr).toContain('not executed');
    expect(stderr.replace(/[\n\t]/g, '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(stderr.split('\n').filter((line) => line.startsWith(FORGED))).toEqual([]);
  });
});

describe('names that every object has', () => {
  const NAMES = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf'];
  const typo = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names: ['opnat'], action: 'SCMP_ACT_ALLOW' }] };

  it.each(['text', 'json', 'sarif', 'github'])('cost no report, in %s', (format) => {
    const named = file({ ...typo, syscalls: [{ names: NAMES, action: 'SCMP_ACT_ALLOW' }] }, 'named.json');
    const { status, stdout } = scmp(['check', file(typo, 'typo.json'), named, '--format', format]);
    expect(status).toBe(1);
    expect(stdout.toString()).toContain('openat');
    for (const name of NAMES) expect(stdout.toString()).toContain(name);
  });

  it('are no constants, actions, architectures, errnos, capabilities', () => {
    for (const name of NAMES) {
      for (const args of [
        ['simulate', file(typo), name, name],
        ['compile', file(typo), '--arch', name],
        ['compile', file(typo), '--cap', name, ...ARCH],
        ['compile', file({ defaultAction: name }), ...ARCH],
        ['compile', file(`default ${name}\n`, 'x.list'), ...ARCH],
      ]) {
        expect(scmp(args)).toMatchObject({ status: 2 });
      }
    }
  }, 60_000);
});

describe('a file that cannot be read', () => {
  const bad = file(
    { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names: ['opnat'], action: 'SCMP_ACT_ALLOW' }] },
    'bad.json',
  );
  const unreadable = [
    'missing.json',
    'bin',
    file('\0\0\0', 'binary'),
    file('{', 'syntax.json'),
    file('', 'empty.json'),
  ];
  mkdirSync(join(folder, 'bin'), { recursive: true });
  unreadable.push(
    file({ extends: 'nowhere', syscalls: [] }, 'extends.json'),
    file({ extends: 'node', syscalls: [] }, 'ambiguous.json'),
  );
  file({ defaultAction: 'SCMP_ACT_ALLOW' }, 'node.json');

  it.each(['text', 'json', 'sarif', 'github'])('does not cost the report of the others, in %s', (format) => {
    const { status, stdout, stderr } = scmp(['check', ...unreadable, bad, '--format', format]);
    expect({ status, stderr }).toEqual({ status: 2, stderr: '' });
    const text = stdout.toString();
    for (const name of [...unreadable, bad]) expect(text).toContain(name);
    expect(text).toContain('openat');
    if (format === 'json' || format === 'sarif') JSON.parse(text);
  });
});
