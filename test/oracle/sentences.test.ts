import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ArchitectureName, parseArchitecture } from '../../src/architecture.js';
import { checkProfile } from '../../src/check/index.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { readProfile } from '../../src/profile/index.js';
import { allow, allowList, args } from '../check/profiles.js';
import { FUZZ_SEED } from '../fast-check.js';
import { AskedProgram } from './asked-program.js';
import type { Profile } from './evaluate-profile.js';
import { Random } from './random-profiles.js';
import { FATE, OF_OTHER_THINGS, SENTENCES } from './sentences.js';

const ROOT = new URL('../../', import.meta.url).pathname;
const COUNT = Number(process.env.FUZZ_COUNT ?? 300);

const libseccomp = loadLibseccompSync();
const TARGETS: readonly ArchitectureName[] = ['x86_64', 'x86', 'aarch64', 's390x', 'mips64', 'ppc64le', 'arm', 's390'];
const SECOND: Partial<Record<ArchitectureName, string[]>> = {
  x86_64: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  aarch64: ['SCMP_ARCH_ARM'],
  s390x: ['SCMP_ARCH_S390'],
  mips64: ['SCMP_ARCH_MIPS'],
};
const NAMES =
  `socket connect sendto recv accept semop shmget shmctl msgget socketcall ipc kill tgkill clone clone3 unshare vfork fork execve
  openat open ioctl io_uring_setup statx clock_gettime clock_gettime64 setns ptrace mprotect read exit_group prctl personality futex poll
  restart_syscall`.split(/\s+/);
const VALUES = [0, 1, 2, 3, 9, 16, 0x5412, 0x541c, 0x7e020000, 0xffffffff, 2 ** 32, 2 ** 32 + 1];
const ACTIONS = 'ALLOW ALLOW ALLOW ERRNO ERRNO ERRNO KILL_PROCESS TRAP LOG'.split(' ');

interface Asked {
  /** How many sentences of each form were asked. */
  seen: Map<RegExp, number>;
  wrong: string[];
}

/** Ask every sentence about a profile on a machine. False where there is no program to ask. */
function ask(text: string, target: ArchitectureName, asked: Asked): boolean {
  let parsed: ReturnType<typeof readProfile>;
  let compiled: ReturnType<typeof compileProfileSync>;
  const options = { arch: target, libseccomp, capabilities: [] };
  try {
    parsed = readProfile(text, { source: 'profile.json' });
    compiled = compileProfileSync(parsed, options);
  } catch {
    return false;
  }
  const program = new AskedProgram(compiled, libseccomp);
  const { findings } = checkProfile(parsed, { libseccomp, capabilities: [], targets: [target] });
  const sentences = [...compiled.warnings, ...findings].map(({ message, path = '' }) => ({ message, path }));
  for (const { message, path } of sentences) {
    const suffix = / \(on ([\w, ]+)\)$/.exec(message);
    const on = (suffix?.[1]?.split(', ') as ArchitectureName[] | undefined) ?? compiled.arches;
    const sentence = suffix ? message.slice(0, suffix.index) : message;
    const form = SENTENCES.find(([pattern]) => pattern.test(sentence));
    const wrong = (why: string) => asked.wrong.push(`${why}: ${path}: ${message}\n${target} ${text}`);
    if (form === undefined) {
      if (FATE.test(sentence) && !OF_OTHER_THINGS.some((pattern) => pattern.test(sentence))) wrong('nobody asks this');
      continue;
    }
    const [pattern, test] = form;
    asked.seen.set(pattern, (asked.seen.get(pattern) ?? 0) + 1);
    const groups = (pattern.exec(sentence) as RegExpExecArray).slice(1);
    const profile = parsed.seccomp as unknown as Profile;
    if (!test(groups, { program, profile, target, on, path })) wrong('not so');
  }
  return true;
}

function randomProfile(random: Random, target: ArchitectureName): object {
  const conditions = () =>
    Array.from({ length: random.below(3) }, () => ({
      index: random.below(3),
      op: `SCMP_CMP_${random.pick(['EQ', 'EQ', 'NE', 'MASKED_EQ', 'MASKED_EQ', 'GE', 'LT', 'GT', 'LE'])}`,
      value: Number(random.pick(VALUES)),
      valueTwo: Number(random.pick(VALUES)),
    }));
  const entry = () => ({
    names: random.some(NAMES, 3),
    action: `SCMP_ACT_${random.pick(ACTIONS)}`,
    ...(random.chance(0.6) ? { args: conditions() } : {}),
  });
  const syscalls = Array.from({ length: 1 + random.below(6) }, entry).map((each) =>
    each.action === 'SCMP_ACT_ERRNO' ? { ...each, errnoRet: random.pick([1, 38, 13]) } : each,
  );
  const defaultAction = `SCMP_ACT_${random.pick(['ALLOW', 'ALLOW', 'ERRNO', 'ERRNO', 'KILL_PROCESS', 'LOG'])}`;
  return {
    defaultAction,
    ...(defaultAction === 'SCMP_ACT_ERRNO' ? { defaultErrnoRet: random.pick([1, 38]) } : {}),
    architectures: [
      parseArchitecture(target).ociName,
      ...(SECOND[target] ? random.some(SECOND[target], 2) : []),
    ].filter((name, index, all) => all.indexOf(name) === index),
    syscalls,
  };
}

describe('what check and the warnings say of calls is what the program does', () => {
  it(`of ${COUNT} random profiles (FUZZ_SEED=${FUZZ_SEED})`, () => {
    const asked: Asked = { seen: new Map(), wrong: [] };
    let programs = 0;
    for (let seed = FUZZ_SEED; seed < FUZZ_SEED + COUNT; seed++) {
      const random = new Random(seed);
      const target = random.pick(TARGETS);
      if (ask(JSON.stringify(randomProfile(random, target)), target, asked)) programs++;
    }
    expect(asked.wrong).toEqual([]);
    if (COUNT < 300) return;
    expect(programs).toBeGreaterThan(COUNT / 2);
    expect([...asked.seen.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(COUNT);
  });

  it('of the examples of docs/check.md and of real profiles, which together have every form of sentence', () => {
    const asked: Asked = { seen: new Map(), wrong: [] };
    const docs = readFileSync(join(ROOT, 'docs/check.md'), 'utf8');
    const examples = [...docs.matchAll(/```json\n(.*?)\n```/gs)].map((match) => match[1] as string);
    const real = ['build/test-inputs/podman-default.json', 'build/test-inputs/moby-default.json'].map((file) =>
      readFileSync(join(ROOT, file), 'utf8'),
    );
    expect(examples.length).toBeGreaterThan(40);
    const byRegister = allowList(allow('shmget', args([2, 'MASKED_EQ', 0xfff, 0])));
    for (const text of [...examples, ...real, JSON.stringify(byRegister)]) {
      for (const target of ['x86_64', 'x86', 'aarch64', 'arm', 's390x'] as const) ask(text, target, asked);
    }
    for (let seed = 1; seed <= 60; seed++) {
      const random = new Random(seed);
      const target = random.pick(TARGETS);
      ask(JSON.stringify(randomProfile(random, target)), target, asked);
    }
    expect(asked.wrong).toEqual([]);
    const unseen = SENTENCES.map(([pattern]) => pattern).filter((pattern) => !asked.seen.has(pattern));
    expect(unseen).toEqual([]);
  });
});
