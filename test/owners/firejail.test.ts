import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { formatAction } from '../../src/action.js';
import { compareDecisions } from '../../src/bpf/index.js';
import { stackProgram } from '../../src/bpf/minimize/stack-program.js';
import { includedFile } from '../../src/cli/included-files.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import { textOf } from '../../src/profile/document/source-text.js';
import { firejailGroups, groupCalls, SECONDARY_CALLS } from '../../src/profile/formats/firejail/groups.js';
import { firejailLines } from '../../src/profile/formats/firejail/lines.js';
import { Reports } from '../../src/profile/formats/firejail/reports.js';
import { readProfile, writeProfile } from '../../src/profile/index.js';
import { syscallName, syscallNumber } from '../../src/syscalls/syscall-name.js';
import { hasOwner, readProgram, scratchFolder, seeded } from './owner.js';

// What firejail and its fseccomp make of a profile, and what we do: docs/formats.md has the differences.

const FOLDER = '/usr/lib/x86_64-linux-gnu/firejail';
const hasFirejail = hasOwner(`${FOLDER}/fseccomp`, 'firejail') && hasOwner('firejail', 'firejail');
/** Of firejail-profiles: Debian's 1,209 profiles, and what they include. */
const SHIPPED = '/etc/firejail';
const [X86_64, X86] = [0xc000003e, 0x40000003];

describe.skipIf(!hasFirejail)('firejail', () => {
  const folder = scratchFolder('firejail');
  afterAll(() => folder.remove());
  const file = (name: string) => join(folder.path, name);
  const compile = (text: string) =>
    compileProfileSync(readProfile(text, { format: 'firejail' }), { arch: 'x86_64', unknownSyscall: 'ignore' }).program;
  const stack = (filters: readonly Uint8Array[]) => stackProgram(filters, [X86_64, X86], { endianness: 'little' });

  /** The filters that firejail loads, in that order; what it says where it does not start. */
  function filtersOf(profile: string): Uint8Array[] | string {
    writeFileSync(file('p.profile'), profile);
    const script = 'while read -r f; do base64 -w0 "$f"; echo; done < /run/firejail/mnt/seccomp/seccomp.list; echo end';
    const args = ['--quiet', `--profile=${file('p.profile')}`, '/bin/sh', '-c', script];
    const { stdout, stderr } = spawnSync('firejail', args, { timeout: 30_000, encoding: 'utf8' });
    const lines = stdout.trim().split('\n');
    if (lines.pop() !== 'end') return `firejail does not start: ${stderr}`;
    return lines.map((line) => new Uint8Array(Buffer.from(line, 'base64')));
  }

  function fseccomp(...args: string[]): Uint8Array {
    const { status, stderr } = spawnSync(`${FOLDER}/fseccomp`, args, { encoding: 'utf8' });
    expect(stderr.includes('Error') ? stderr : status).toBe(0);
    return readProgram(args.find((each) => each.startsWith(folder.path))!);
  }

  /** What is not in the table of docs/formats.md. */
  function unexplained(ours: Uint8Array, theirs: Uint8Array): string[] {
    const { architectures } = compareDecisions(given(ours), given(theirs));
    return architectures.flatMap(({ architecture, calls }) =>
      calls.flatMap(({ numbers, changes }) =>
        changes.flatMap(({ from, to, direction }) => {
          const [first] = numbers;
          const [text, theirText] = [formatAction(from), formatAction(to)];
          const isKilled = text === 'KILL_THREAD';
          if ((architecture === 'x32' || architecture === undefined) && isKilled) return [];
          if (architecture === 'x86_64' && first!.from >= 0x80000000) return [];
          // Behind the multiplexer, and calls that no Linux has: never weaker than theirs.
          const isBehind =
            architecture === 'x86' && numbers.every((each) => each.from === each.to && [102, 117].includes(each.from));
          const isNowhere = numbers.every((each) => range(each).every((number) => !syscallName(number, 'x86')));
          if (direction === 'weaker' && (isBehind || (architecture === 'x86' && isNowhere))) return [];
          return [`${architecture} ${first!.from}-${first!.to}: ${text}, theirs ${theirText}`];
        }),
      ),
    );
  }

  it.each([
    'seccomp\n',
    'seccomp !chroot,@clock,mkdir:ENOENT # why\nseccomp.32 !kcmp,fchmod:kill\nallow-debuggers\n',
    'seccomp.drop chown,$0x5a\nseccomp.32.drop chmod,$10\nseccomp-error-action ENOSYS\n',
    'seccomp.block-secondary\n',
    'seccomp-error-action log\nseccomp\nseccomp.32 fchmod:ENOENT\n',
    'restrict-namespaces\nrestrict-namespaces -net,-user\nmemory-deny-write-execute\n',
    'ignore  seccomp\nseccomp\nprotocol unix\nprotocol inet,-unix,packet,bluetooth\nmemory-deny-write-execute\nrestrict-namespaces user,time\nseccomp.drop socket:EACCES,clone3:EPERM\n',
  ])('decides every call as %j says', (profile) => {
    const filters = filtersOf(profile);
    if (typeof filters === 'string') throw new Error(filters);
    // Those that are loaded first are installed last.
    expect(unexplained(compile(profile), stack(filters.reverse()))).toEqual([]);
  });

  it.skipIf(!existsSync(SHIPPED) && !process.env.CI)(
    'reads every shipped profile, and decides every call as its lines about seccomp say',
    { timeout: 180_000 },
    () => {
      const profiles = readdirSync(SHIPPED).filter((name) => name.endsWith('.profile'));
      expect(profiles.length).toBeGreaterThan(1000);
      const found = new Set<string>();
      const refused = profiles.flatMap((name) => {
        const path = join(SHIPPED, name);
        try {
          const text = textOf(readFileSync(path), path)!;
          const lines = [...firejailLines(text, new Reports(text), includedFile)];
          found.add(
            lines.map(({ keyword, value }) => (value === undefined ? keyword : `${keyword} ${value}`)).join('\n'),
          );
          return [];
        } catch (error) {
          return [(error as Error).message];
        }
      });
      // A redirection of Debian's to a file that there is not: firejail refuses it too.
      const file = join(SHIPPED, 'electron-hardened.inc.profile');
      expect(refused).toEqual([`${file}:10:9: there is no file "chrome-common-hardened.inc.profile" to include`]);
      expect(filtersOf(`include ${file}\n`)).toBeTypeOf('string');
      const withFilters = [...found].filter((lines) => lines.replace('allow-debuggers', '') !== '');
      expect(withFilters.length).toBeGreaterThan(50);
      const differing = withFilters.flatMap((lines) => {
        const profile = `${lines}\n`;
        const filters = filtersOf(profile);
        if (typeof filters === 'string') return [`${profile}${filters}`];
        return unexplained(compile(profile), stack(filters.reverse())).map((each) => `${profile}${each}`);
      });
      expect(differing).toEqual([]);
    },
  );

  it.each([
    'seccomp\naccess\n',
    'seccomp\nseccomp.drops chown\n',
    'seccomp.drop chown\nseccomp.32 chmod\n',
    'seccomp.block-secondary\nseccomp.32.drop chmod\n',
    'seccomp.drop chmod, chown\n',
    'seccomp.32\n',
    'seccomp-error-action EWHAT\n',
    'restrict-namespaces users\n',
    'protocol unx\n',
    'seccomp.drop @clocks\n',
  ])('refuses %j as it does', (profile) => {
    expect(filtersOf(profile)).toBeTypeOf('string');
    expect(() => compile(profile)).toThrow('firejail');
  });

  it.each([
    ['seccomp.drop mkdir,chmod:log\n', 'seccomp.drop mkdir\n'],
    ['seccomp.drop @mount,!@mount\n', 'seccomp.drop @mount\n'],
    ['seccomp.drop mkdir,!read\n', 'seccomp.drop mkdir,read\n'],
    ['seccomp.32.drop mkdir\n', 'seccomp.32.drop rmdir\n'],
    ['seccomp\nseccomp.32 mkdir\n', 'seccomp\nseccomp.32 rmdir\n'],
  ])('refuses %j, which is to firejail as %j', (profile, other) => {
    expect(filtersOf(profile)).toEqual(filtersOf(other));
    expect(() => compile(profile)).toThrow('firejail');
  });

  it('has its groups, its list for 32-bit calls, and no name of a later Linux', () => {
    const names = (kind: string) =>
      new Map(
        spawnSync(`${FOLDER}/fseccomp`, [kind], { encoding: 'utf8' })
          .stdout.split('\n')
          .flatMap((line) => {
            const [number, name] = line.split('\t- ');
            return name === undefined ? [] : [[name, Number(number)] as const];
          }),
      );
    const [native, secondary] = [names('debug-syscalls'), names('debug-syscalls32')];
    expect(native.size).toBeGreaterThan(300);
    const differing = (table: ReadonlyMap<string, number>, abi: 'x86_64' | 'x86') =>
      [...table].filter(([name, number]) => syscallNumber(name, abi) !== number).map(([name]) => name);
    expect([differing(native, 'x86_64'), differing(secondary, 'x86')]).toEqual([[], []]);
    expect([native.has('process_madvise'), native.has('epoll_pwait2')]).toEqual([true, false]);
    for (const group of firejailGroups().keys()) {
      const named = [...new Set(groupCalls(group))].filter((name) => native.has(name));
      const [theirs, ours] = [group, named.join(',')].map((list) => fseccomp('keep', file('a'), file('b'), list));
      expect(unexplained(ours!, theirs!), group).toEqual([]);
    }
    const list = fseccomp('drop32', file('a'), file('b'), SECONDARY_CALLS.join(','));
    expect(unexplained(list, fseccomp('secondary', '32', file('c')))).toEqual([]);
  });

  it('agrees on random lists, which are written as they were read', () => {
    const found: string[] = [];
    let written = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const random = seeded(seed);
      const kind = random.of(['drop', 'default drop', 'keep']);
      const list = randomList(random, kind);
      const theirs = fseccomp(...kind.split(' '), file('a'), file('b'), list);
      const profile = `${kind === 'default drop' ? 'seccomp' : `seccomp.${kind}`} ${list}\n`;
      const more = kind === 'default drop' ? [fseccomp('secondary', '32', file('c'))] : [];
      const ours = compile(profile);
      for (const each of unexplained(ours, stack([theirs, ...more]))) found.push(`seed ${seed}: ${each}\n${profile}`);
      if (kind === 'default drop') continue;
      written++;
      const again = writeProfile(readProfile(profile, { format: 'firejail' }), 'firejail');
      if (!compareDecisions(given(ours), given(compile(again))).equal) found.push(`${profile}is not as\n${again}`);
    }
    expect(found).toEqual([]);
    expect(written).toBeGreaterThan(20);
  });
});

const given = (program: Uint8Array) => ({ program, arches: ['x86_64' as const] });

/** The numbers of a range, of those that a call may have. */
const range = ({ from, to }: { from: number; to: number }) =>
  Array.from({ length: Math.max(0, Math.min(to, 600) - from + 1) }, (_, index) => from + index);

function randomList(random: ReturnType<typeof seeded>, kind: string): string {
  const names = 'read open clone socket connect chmod chown umount2 mount mkdir ptrace kcmp personality bpf'.split(' ');
  const words = ['@clock', '@mount', '@setuid', '$90', '$0x5c', '$0123'];
  const list = new Set<string>();
  for (let count = 1 + random.below(9); count > 0; count--) {
    const name = random.of(names);
    list.add(
      random.of([
        name,
        name,
        `!${name === 'read' ? 'open' : name}`,
        `${name}:ENOENT`,
        `${name}:kill`,
        random.of(words),
      ]),
    );
  }
  // A list of exceptions alone denies nothing, and has nothing to be written.
  list.add(kind === 'keep' ? 'exit_group' : 'rmdir');
  return [...list].join(',');
}
