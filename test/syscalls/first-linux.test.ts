import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ARCHITECTURES, parseArchitecture } from '../../src/architecture.js';
import { isAtLeast, parseRelease } from '../../src/kernel-version.js';
import { listSyscalls, loadLibseccompSync } from '../../src/libseccomp/index.js';
import { firstLinux, namesWithRelease } from '../../src/syscalls/first-linux.js';
import { LINUX_VERSION } from '../../src/version.js';

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

  // Headers that are installed here, of a Linux before that of the table: what they have came with it at the latest, what
  // they lack came after it or is gone.
  const INSTALLED = [
    ['x86_64', '/usr/include/x86_64-linux-gnu/asm/unistd_64.h'],
    ['x86', '/usr/include/x86_64-linux-gnu/asm/unistd_32.h'],
    ['x32', '/usr/include/x86_64-linux-gnu/asm/unistd_x32.h'],
    ['s390x', '/usr/s390x-linux-gnu/include/asm/unistd_64.h'],
    ['s390', '/usr/s390x-linux-gnu/include/asm/unistd_32.h'],
  ] as const;
  const there = INSTALLED.filter(([, header]) => existsSync(header));
  if (there.length < INSTALLED.length) {
    const lacking = INSTALLED.filter((each) => !there.includes(each)).map(([architecture]) => architecture);
    console.warn(
      `SKIPPED: the releases of calls are not compared with headers of ${lacking.join(', ')}, which are not here`,
    );
  }
  it.each(there)('agrees with the headers of %s that are installed', (architecture, header) => {
    const names = (text: string) => new Set([...text.matchAll(/^#define __NR_(\w+)/gm)].map(([, name]) => name!));
    const folder = header.slice(0, header.indexOf('/asm/'));
    const versions = [join(folder, 'linux/version.h'), '/usr/include/linux/version.h'];
    const text = readFileSync(versions.find((file) => existsSync(file))!, 'utf8');
    const code = Number(/LINUX_VERSION_CODE (\d+)/.exec(text)![1]);
    const installed = { version: code >> 16, revision: (code >> 8) & 0xff };
    const known = names(readFileSync(header, 'utf8'));
    const wrong = listSyscalls(libseccomp, parseArchitecture(architecture))
      .map(({ name }) => ({ name, first: firstLinux(name, parseArchitecture(architecture)) }))
      .filter(({ name, first }) => known.has(name) !== isAtLeast(installed, first));
    expect(wrong).toEqual([]);
    expect(known.size).toBeGreaterThan(350);
  });
});
