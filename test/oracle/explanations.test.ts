import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ArchitectureName, parseArchitecture } from '../../src/architecture.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { listSyscalls } from '../../src/libseccomp/syscall-table.js';
import { FUZZ_SEED } from '../fast-check.js';
import { askDenial } from './denials.js';
import { dockerNames, multiplexedCode } from './evaluate-profile.js';
import { ExplainedProfile } from './explained-profile.js';
import { type AskedLines, askCall, askListing } from './explanations.js';
import { Random } from './random-profiles.js';

const ROOT = new URL('../../', import.meta.url).pathname;
const COUNT = Number(process.env.FUZZ_COUNT ?? 100);

const libseccomp = loadLibseccompSync();
const SECOND: Partial<Record<ArchitectureName, string[]>> = {
  x86_64: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  aarch64: ['SCMP_ARCH_ARM'],
  s390x: ['SCMP_ARCH_S390'],
  mips64: ['SCMP_ARCH_MIPS', 'SCMP_ARCH_MIPS64N32'],
};
const TARGETS: readonly ArchitectureName[] = [
  'x86_64',
  'x86_64',
  'x86',
  'aarch64',
  's390x',
  'mips64',
  'ppc64le',
  'arm',
];
const NAMES =
  'socket connect sendto accept semop shmget msgget socketcall ipc kill clone clone3 openat ioctl mmap mount chroot prctl uprobe fadvise64_64 mseal personality'.split(
    ' ',
  );
const VALUES = [0, 1, 2, 3, 9, 16, 0x40, 0x5412, 0x80000, 0x10000000, 0x7e020000, 0xffffffff, 2 ** 32, 2 ** 32 + 1];
const ACTIONS = 'ALLOW ALLOW ALLOW ERRNO ERRNO KILL_PROCESS KILL TRAP LOG TRACE'.split(' ');
const CAPABILITIES = ['CAP_SYS_ADMIN', 'CAP_SYS_CHROOT', 'CAP_NET_RAW', 'CAP_SYS_PTRACE'];

function randomProfile(random: Random, target: ArchitectureName): object {
  const names = random.some(NAMES, 6);
  const values = random.some(VALUES, 4);
  const conditions = () =>
    Array.from({ length: random.below(3) }, () => ({
      index: random.below(3),
      op: `SCMP_CMP_${random.pick(['EQ', 'EQ', 'NE', 'MASKED_EQ', 'MASKED_EQ', 'GE', 'LT', 'GT', 'LE'])}`,
      value: random.pick(values),
      valueTwo: random.pick(values),
    }));
  const filter = () => ({
    ...(random.chance(0.7) ? { caps: random.some(CAPABILITIES, 2) } : {}),
    ...(random.chance(0.3)
      ? { arches: random.chance(0.5) ? dockerNames(parseArchitecture(target)) : ['riscv64', 'ppc'] }
      : {}),
  });
  const errno = (action: string) => (action === 'ERRNO' ? { errnoRet: random.pick([1, 13, 38]) } : {});
  const entry = () => {
    const action = random.pick(ACTIONS);
    return {
      names: [...new Set(random.some(names, 3)), ...(random.chance(0.03) ? ['no_such_call'] : [])],
      action: `SCMP_ACT_${action}`,
      ...errno(action),
      ...(random.chance(0.6) ? { args: conditions() } : {}),
      ...(random.chance(0.25) ? { includes: filter() } : {}),
      ...(random.chance(0.15) ? { excludes: filter() } : {}),
    };
  };
  const defaultAction = random.pick(['ALLOW', 'ERRNO', 'ERRNO', 'ERRNO', 'KILL_PROCESS', 'LOG', 'TRAP']);
  return {
    defaultAction: `SCMP_ACT_${defaultAction}`,
    ...(defaultAction === 'ERRNO' ? { defaultErrnoRet: random.pick([1, 38]) } : {}),
    architectures: [
      parseArchitecture(target).ociName,
      ...(SECOND[target] ? random.some(SECOND[target], 2) : []),
    ].filter((name, index, all) => all.indexOf(name) === index),
    syscalls: Array.from({ length: 1 + random.below(6) }, entry),
  };
}

/** A call of a name, with arguments at and next to those of the profile. */
function randomCall(random: Random, about: ExplainedProfile, name: string) {
  const arch = random.pick(random.chance(0.9) ? about.entries.compiled.arches : (['x32', 'x86_64'] as const));
  const numbers = new Map(listSyscalls(libseccomp, parseArchitecture(arch)).map((each) => [each.name, each.number]));
  const nr = numbers.get(name);
  if (nr === undefined) return undefined;
  const args = Array.from({ length: 6 }, () => BigInt(random.pick(VALUES)) + BigInt(random.below(2)));
  for (const { index, value, valueTwo } of random.pick(about.profile.syscalls).args ?? [])
    args[index] = BigInt(random.chance(0.3) ? (valueTwo ?? 0) : value);
  const behind = random.pick(about.profile.syscalls).names?.flatMap((each) => multiplexedCode(each) ?? []) ?? [];
  if (/^(socketcall|ipc)$/.test(name) && behind.length > 0) args[0] = random.pick(behind);
  return { arch, name, nr, args };
}

/** Ask everything that is said of a profile. False where there is no program. */
function ask(text: string, target: ArchitectureName, random: Random, asked: AskedLines, names = NAMES): boolean {
  const capabilities = random.chance(0.4) ? random.some(CAPABILITIES, 2) : undefined;
  const enosysStub = random.chance(0.2);
  let about: ExplainedProfile;
  let usual: ExplainedProfile | undefined;
  try {
    about = new ExplainedProfile(text, target, libseccomp, { capabilities, enosysStub });
    if (capabilities === undefined) usual = about.withDocker();
  } catch {
    return false;
  }
  askListing(about, usual, asked);
  const called = about.profile.syscalls.flatMap((each) => each.names ?? []);
  for (const name of new Set([...random.some(called, 3), ...random.some(names, 2)])) askCall(about, usual, name, asked);
  for (let i = 0; i < 8; i++) {
    const call = randomCall(random, about, random.pick(random.chance(0.8) ? called : names));
    if (call) askDenial(about, usual, call, asked);
  }
  return true;
}

/** Every form of line there is: each must have been asked. */
const FORMS = [
  ...['always', 'depends', 'depends on nothing else', 'depends on capabilities', 'with Docker’s default set'],
  ...['as many as it says', 'numbers of their own', 'numbers without a name', 'the other calls', 'other architecture'],
  ...['summary', 'as another', 'low halves'],
  ...[
    'the number',
    'decisions',
    'through',
    'never asked',
    'JSON',
    'every entry is named',
    'not listed',
    'does not apply',
  ],
  ...['an entry applies', 'an entry decides', 'an entry is idle', 'depending on arguments', 'with --cap it does'],
  ...[
    'a line removed',
    'a line without effect removed',
    'no entry names it',
    'the default decides',
    'the stub decides',
  ],
  ...['the denial', 'the default denies', 'the entry that denies', 'the entry removed', 'the stub'],
  ...['conditions do not hold', 'the entry to add', 'the line to add', 'the capability to give', 'ENOSYS for clone3'],
  ...['the others stay', 'what it would go over'],
  ...['no advice against an entry'],
];

const seen = new Set<string>();
const REAL = [
  ['moby-default.json', ['x86_64', 's390x']],
  ['podman-default.json', ['aarch64']],
] as const;

describe('what explain and run --trace say of calls is what the program does', () => {
  it(
    `of ${COUNT} random profiles (FUZZ_SEED=${FUZZ_SEED})`,
    () => {
      const asked: AskedLines = { seen: new Map(), wrong: [] };
      let programs = 0;
      for (let seed = FUZZ_SEED; seed < FUZZ_SEED + COUNT; seed++) {
        const random = new Random(seed);
        const target = random.pick(TARGETS);
        if (ask(JSON.stringify(randomProfile(random, target)), target, random, asked)) programs++;
      }
      expect(asked.wrong.slice(0, 12)).toEqual([]);
      if (COUNT < 100) return;
      expect(programs).toBeGreaterThan(COUNT / 2);
      for (const form of asked.seen.keys()) seen.add(form);
    },
    120_000 + 2_000 * COUNT,
  );

  it('of real profiles', () => {
    const asked: AskedLines = { seen: new Map(), wrong: [] };
    const names = ['mount', 'chroot', 'clone', 'clone3', 'socket', 'personality', 'ptrace', 'semop', 'uprobe'];
    for (const [file, targets] of REAL) {
      const text = readFileSync(join(ROOT, 'build/test-inputs', file), 'utf8');
      for (const target of targets) expect(ask(text, target, new Random(1), asked, names)).toBe(true);
    }
    expect(asked.wrong.slice(0, 12)).toEqual([]);
    expect(asked.seen.get('with Docker’s default set')).toBeGreaterThan(10);
    const masked = { index: 0, op: 'SCMP_CMP_MASKED_EQ', value: 0x7e020000, valueTwo: 0 };
    const restricted = { names: ['clone'], action: 'SCMP_ACT_ALLOW', args: [masked] };
    const profile = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [restricted] };
    for (const seed of [2, 3, 4]) ask(JSON.stringify(profile), 'x86_64', new Random(seed), asked, ['clone3']);
    expect(asked.wrong).toEqual([]);
    for (const form of asked.seen.keys()) seen.add(form);
  }, 120_000);

  it('in every form that they have', () => {
    if (COUNT >= 100) expect(FORMS.filter((form) => !seen.has(form))).toEqual([]);
  });
});
