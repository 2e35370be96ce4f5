import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { CompileError, compileProfileSync } from '../../src/compiler/index.js';
import { SNAPD_CONSTANTS } from '../../src/profile/formats/snapd/constants.js';
import { readProfile, writeProfile } from '../../src/profile/index.js';
import { differences, hasOwner, scratchFolder, seeded } from './owner.js';
import { SNAP_SECCOMP, snapCompiler } from './run-owners.js';

// What snap-seccomp makes of a template, and what we do: docs/formats.md has the differences.

/** Go sources of snapd; fetched by `./build.sh testinputs`. */
const SOURCES = fileURLToPath(new URL('../../build/test-inputs/snapd', import.meta.url));

/** The texts of the sources whose names say that they are lines of a template: snapd's own, and what interfaces add to it. */
function shippedTemplates(): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of readdirSync(SOURCES)) {
    const source = readFileSync(join(SOURCES, file), 'utf8');
    for (const [, name = '', text = ''] of source.matchAll(
      /(\w*(?:[sS]ec[cC]omp|defaultTemplate|Syscall)\w*)\s*=\s*(?:\[\]byte\()?`([^`]*)`/g,
    )) {
      found.set(`${file} ${name}`, text);
    }
  }
  return found;
}

const hasSnapd = hasOwner(SNAP_SECCOMP, 'snapd');

describe.skipIf(!hasSnapd)('snap-seccomp', () => {
  const folder = scratchFolder('snapd');
  afterAll(() => folder.remove());

  const snapSeccomp = snapCompiler(folder.path);

  const compile = (text: string) =>
    compileProfileSync(readProfile(text, { format: 'snapd' }), { arch: 'x86_64', unknownSyscall: 'ignore' }).program;

  /** Whether libseccomp does not make of the lines what they say: we refuse them then, and it does not. */
  function isMiscompiled(template: string): boolean {
    try {
      compile(template);
    } catch (error) {
      return error instanceof CompileError && error.code === 'MISCOMPILED';
    }
    return false;
  }

  function compared(template: string): string[] {
    const theirs = snapSeccomp(template);
    let ours: Uint8Array;
    try {
      ours = compile(template);
    } catch (error) {
      return typeof theirs === 'string' ? [] : [`only we refuse it: ${(error as Error).message}`];
    }
    return typeof theirs === 'string' ? [`only snap-seccomp refuses it: ${theirs}`] : differences(ours, theirs);
  }

  it.each([
    'read\nwrite\n\n# why\n  close\n',
    'socket AF_UNIX\nsocket AF_NETLINK - NETLINK_ROUTE\nbind\nshmget\n',
    'setuid -1\nfchownat - - -1 4294967295 -\nsetgid g:root\nsetuid u:root\n',
    'ioctl - TIOCSTI\nmknod - |S_IFREG -\nprctl PR_CAP_AMBIENT\nquotactl Q_GETQUOTA\n',
    'prctl !PR_SET_MM\nsetpriority PRIO_PROCESS 0 >=0\nsetpriority PRIO_USER <=19 <4294967295\npersonality >1\n',
    'read\n@complain\nwrite 1\n',
    'nosuchcall 1\nread 0001\nmmap2\nstat64\n',
  ])('decides every call as %j says', (template) => {
    expect(typeof snapSeccomp(template)).toBe('object');
    expect(compared(template)).toEqual([]);
  });

  it.each([
    'read 4294967296\n',
    'read 0x10\n',
    'read -1\n',
    'setuid !0\n',
    'setuid |1\n',
    'setuid -2147483649\n',
    'read +1\n',
    'read # c\n',
    'read 1 2 3 4 5 6 7\n',
    'ioctl - TIOCWHAT\n',
    'ioctl - ==1\n',
    'setuid u:nosuchuser\n',
  ])('refuses %j as it does', (template) => {
    expect(typeof snapSeccomp(template)).toBe('string');
    expect(compared(template)).toEqual([]);
  });

  it.skipIf(!existsSync(SOURCES) && !process.env.CI)('decides every call as snapd and its interfaces say', () => {
    // Where snapd first writes a name of the snap's or the machine's.
    const isWhole = (text: string) => !/\{\{|###|^@unrestricted/m.test(text);
    const templates = [...shippedTemplates()].filter(([, text]) => isWhole(text));
    expect(templates.length).toBeGreaterThan(60);
    const differing = templates.flatMap(([name, text]) => compared(text).map((each) => `${name}: ${each}`));
    expect(differing).toEqual([]);
  });

  it('loads no filter for @unrestricted, and ours allows every call', () => {
    expect(new TextDecoder().decode(snapSeccomp('read\n@unrestricted\n') as Uint8Array)).toMatch(/^@unrestricted/);
    expect(readProfile('read\n@unrestricted\n').seccomp).toMatchObject({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [],
    });
  });

  it('has the values of the constants', () => {
    const known = [...SNAPD_CONSTANTS].filter(([name]) => typeof snapSeccomp(`alarm ${name}\n`) !== 'string');
    expect(known.length).toBeGreaterThan(200);
    expect(compared(known.map(([name]) => `alarm ${name}\n`).join(''))).toEqual([]);
  });

  it('agrees on random templates, which are written as they were read', () => {
    const found: string[] = [];
    let accepted = 0;
    for (let seed = 1; seed <= 50; seed++) {
      const template = randomTemplate(seed);
      if (isMiscompiled(template)) continue;
      for (const difference of compared(template)) found.push(`seed ${seed}: ${difference}\n${template}`);
      if (typeof snapSeccomp(template) === 'string') continue;
      accepted++;
      const again = writeProfile(readProfile(template, { format: 'snapd' }), 'snapd');
      for (const difference of differences(compile(template), compile(again)))
        found.push(`seed ${seed}, written again: ${difference}\n${template}\n${again}`);
    }
    expect(found).toEqual([]);
    expect(accepted).toBeGreaterThan(25);
  });
});

function randomTemplate(seed: number): string {
  const random = seeded(seed);
  const names =
    'read open socket connect shmat setuid fchownat ioctl prctl mmap2 socketcall ipc mknod personality'.split(' ');
  const values = [
    '0',
    '1',
    '4294967295',
    'AF_UNIX',
    'PF_INET6',
    'TIOCSTI',
    'S_IFCHR',
    'NETLINK_AUDIT',
    'CLONE_NEWUSER',
  ];
  const lines: string[] = [];
  for (let count = 1 + random.below(8); count > 0; count--) {
    const name = random.of(names);
    const words = Array.from({ length: random.below(3) }, () => {
      if (random.below(3) === 0) return '-';
      return `${name === 'setuid' || name === 'fchownat' ? '' : random.of(['', '', '!', '<', '<=', '>', '>=', '|'])}${random.of(values)}`;
    });
    lines.push([name, ...words].join(' '));
  }
  if (random.below(6) === 0) lines.push('@complain');
  return `${lines.join('\n')}\n`;
}
