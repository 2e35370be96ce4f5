import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ARCHITECTURES, type ArchitectureName, parseArchitecture } from '../../src/architecture.js';
import { isAtLeast, parseRelease } from '../../src/kernel-version.js';
import { listSyscalls, loadLibseccompSync } from '../../src/libseccomp/index.js';
import { firstLinux, namesWithRelease, OLDEST_LINUX } from '../../src/syscalls/first-linux.js';
import { LINUX_VERSION } from '../../src/version.js';
import { headerTarget } from './kernel-headers.js';

/** syscalls(2) and the headers of an older Linux, of the distribution's packages. */
const PAGE = 'build/test-inputs/syscalls.2';
const OLDER = 'build/test-inputs/older-linux';
const hasOlder = existsSync(PAGE);
if (!hasOlder)
  console.warn('SKIPPED: the mirror lacks the headers of other architectures; releases of calls are not compared');
const OLDER_HEADERS = (
  [
    ['x86_64', 'amd64'],
    ['x86', 'amd64'],
    ['x32', 'amd64'],
    ['arm', 'armhf'],
    ['aarch64', 'arm64'],
    ['m68k', 'm68k'],
    ['mips', 'mips'],
    ['mips64', 'mips'],
    ['mipsel64n32', 'mips'],
    ['parisc', 'hppa'],
    ['parisc64', 'hppa'],
    ['ppc', 'powerpc'],
    ['ppc64', 'powerpc'],
    ['riscv64', 'riscv64'],
    ['s390', 's390x'],
    ['s390x', 's390x'],
    ['sh', 'sh4'],
  ] as const
).map((each) => [...each] as [ArchitectureName, string]);

const libseccomp = loadLibseccompSync();
const release = (name: string, architecture: string) => {
  const { version, revision } = firstLinux(name, parseArchitecture(architecture));
  return `${version}.${revision}`;
};

describe('the Linux that a call came with', () => {
  it.each([
    // syscalls(2), and for a number of its own arch/*/kernel/syscalls
    ['read', 'x86_64', '3.0'],
    ['getrandom', 'x86_64', '3.17'],
    ['getrandom', 'sh', '4.8'],
    ['seccomp', 'm68k', '5.1'],
    ['socket', 'x86_64', '3.0'],
    ['socket', 'x86', '4.3'],
    ['accept4', 'x86', '4.3'],
    ['semget', 'x86', '5.1'],
    ['semget', 'x86_64', '3.0'],
    ['semtimedop', 's390x', '5.1'],
    ['arch_prctl', 'x86', '4.12'],
    ['clone3', 'x86_64', '5.3'],
    ['kexec_file_load', 'x86_64', '3.17'],
    ['get_tls', 'arm', '4.15'],
    ['clone3', 'mipsel64n32', '5.4'],
    ['openat2', 'ppc64le', '5.6'],
    ['cachestat', 'aarch64', '6.5'],
    ['map_shadow_stack', 'x86_64', '6.6'],
    ['map_shadow_stack', 'x86', '6.7'],
    ['memfd_secret', 's390x', '6.4'],
    ['fchroot', 'riscv64', '7.3'],
    // an architecture's first Linux
    ['read', 'riscv64', '4.15'],
    ['openat2', 'loongarch64', '5.19'],
    ['read', 'x32', '3.4'],
  ])('%s on %s: %s', (name, architecture, since) => {
    expect(release(name, architecture)).toBe(since);
  });

  it('is of calls that there are, none of them newer than the table', () => {
    const all = new Set(ARCHITECTURES.flatMap((each) => listSyscalls(libseccomp, each).map(({ name }) => name)));
    expect(namesWithRelease().filter((name) => !all.has(name))).toEqual([]);
    const newest = parseRelease(LINUX_VERSION)!;
    for (const architecture of ARCHITECTURES) {
      for (const { name } of listSyscalls(libseccomp, architecture)) {
        expect(isAtLeast(newest, firstLinux(name, architecture)), `${name} ${architecture.name}`).toBe(true);
      }
    }
  });

  it.skipIf(!hasOlder).each(OLDER_HEADERS)(
    'agrees with the headers of an older Linux for %s: %s',
    (architecture, folder) => {
      const include = join(OLDER, folder);
      const code = Number(/LINUX_VERSION_CODE (\d+)/.exec(readFileSync(join(include, 'linux/version.h'), 'utf8'))![1]);
      const older = { version: code >> 16, revision: (code >> 8) & 0xff };
      const args = [...headerTarget(architecture), '-nostdinc', `-I${include}`, '-E', '-dM', '-x', 'c', '-'];
      const macros = execFileSync('gcc', args, { input: '#include <asm/unistd.h>\n', encoding: 'utf8' });
      const known = new Set([...macros.matchAll(/^#define __(?:ARM_)?NR_(\w+)/gm)].map(([, name]) => name!));
      // What it has came with it at the latest; what it lacks came after it.
      const wrong = listSyscalls(libseccomp, parseArchitecture(architecture))
        .map(({ name }) => ({ name, first: firstLinux(name, parseArchitecture(architecture)) }))
        .filter(({ name, first }) => known.has(name) !== isAtLeast(older, first));
      expect(wrong).toEqual([]);
      expect(known.size).toBeGreaterThan(280);
    },
  );

  it.skipIf(!hasOlder)('agrees with syscalls(2), but for what is listed here', () => {
    const page = releasesOf(readFileSync(PAGE, 'utf8'));
    const oldest = `${OLDEST_LINUX.version}.${OLDEST_LINUX.revision}`;
    const all = new Map<string, string[]>();
    for (const architecture of ARCHITECTURES) {
      for (const { name } of listSyscalls(libseccomp, architecture))
        all.set(name, [...(all.get(name) ?? []), release(name, architecture.name)].sort(byRelease));
    }
    const differing = [...all].flatMap(([name, [first = '']]) => {
      const [theirs] = page.get(name) ?? [];
      if (theirs === undefined) return [];
      const meant = byRelease(theirs, oldest) < 0 ? oldest : theirs;
      return meant === first ? [] : [[name, theirs, first]];
    });
    expect(differing.sort()).toEqual(DIFFERING_FROM_PAGE);
    // The page ends with Linux 5.14, and has no calls that only 32-bit architectures have.
    const missing = [...all].filter(([name, [first = '']]) => !page.has(name) && byRelease(first, oldest) > 0);
    const beforeItsEnd = missing.filter(([, [first = '']]) => byRelease(first, '5.14') <= 0).map(([name]) => name);
    expect(beforeItsEnd.filter((name) => !/_time64$|64$/.test(name))).toEqual(['mount_setattr']);
    expect([...all].filter(([name]) => page.has(name)).length).toBeGreaterThan(400);
  });
});

/** What syscalls(2) says otherwise: its release, and ours, which is that of the call's own page. */
const DIFFERING_FROM_PAGE = [
  ['membarrier', '3.17', '4.3'], // membarrier(2): 4.3
  ['pkey_alloc', '4.8', '4.9'], // pkey_alloc(2): 4.9
  ['pkey_free', '4.8', '4.9'],
  ['pkey_mprotect', '4.8', '4.9'],
];

const byRelease = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true });

/** The table of syscalls(2): each call, and the releases that had it first, the oldest in front. */
function releasesOf(page: string): Map<string, string[]> {
  const table = page
    .slice(page.indexOf('.TS'), page.indexOf('.TE'))
    .replace(/^\.\\".*\n/gm, '')
    .replace(/T\{\n([\s\S]*?)\nT\}/g, (_, cell: string) => cell.replaceAll('\n', ' '))
    .replace(/\\f(?:\[\w*\]|\w)/g, '')
    .replace(/^\.(?:BR|B|IR|I) /gm, '');
  const rows = table.split('\n').map((line) => line.split('\t'));
  return new Map(
    rows.flatMap(([call = '', releases = '']) => {
      const name = /^(\w+) ?\(2\)/.exec(call)?.[1];
      const found = [...releases.matchAll(/\d+\.\d+/g)].map(([each]) => each).sort(byRelease);
      return name && found.length > 0 ? [[name, found] as const] : [];
    }),
  );
}
