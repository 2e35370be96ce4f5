import { describe, expect, it } from 'vitest';
import { simulate } from '../../../src/bpf/index.js';
import { compileProfileSync } from '../../../src/compiler/index.js';
import { loadLibseccompSync } from '../../../src/libseccomp/index.js';
import { ProfileError } from '../../../src/profile/document/profile-error.js';
import { systemdGroups } from '../../../src/profile/formats/systemd/read.js';
import { readProfile } from '../../../src/profile/index.js';

// test/owners/nspawn.test.ts compares with systemd-nspawn itself.

const decide = (text: string, nr: number, ...given: bigint[]) => decideAs('262', text, nr, given);
/** It allowed no keyrings. */
const decide252 = (text: string, nr: number) => decideAs('252', text, nr, []);

function decideAs(systemd: '252' | '262', text: string, nr: number, given: readonly bigint[]): string {
  const { program } = compileProfileSync(readProfile(text, { systemd }), { arch: 'x86_64' });
  const [a = 0n, b = 0n, c = 0n] = given;
  const args = [a, b, c, 0n, 0n, 0n] as const;
  const { action } = simulate(program, { nr, arch: 0xc000003e, instructionPointer: 0n, args }) as {
    action: { kind: string; data?: number };
  };
  return `${action.kind} ${action.data ?? ''}`.trim();
}

const [reboot, adjtimex, mount, chown, keyctl, socket] = [169, 159, 165, 92, 250, 41];

describe('readNspawn', () => {
  it('has the list that systemd-nspawn has, and what changes it', () => {
    const exec = '[Exec]\n';
    expect([reboot, adjtimex, mount, keyctl, 9999].map((nr) => decide(exec, nr))).toEqual([
      'ALLOW',
      'ERRNO 1',
      'ALLOW',
      'ALLOW',
      'ERRNO 38',
    ]);
    expect(decide252(exec, keyctl)).toBe('ERRNO 1');
    const changed = `${exec}SystemCallFilter=@keyring\nSystemCallFilter=~@mount @privileged\nCapability=CAP_SYS_TIME\nDropCapability=cap_sys_boot\n`;
    expect([reboot, adjtimex, mount, keyctl, chown].map((nr) => decide(changed, nr))).toEqual([
      'ERRNO 1',
      'ALLOW',
      'ERRNO 1',
      'ALLOW',
      'ALLOW',
    ]);
    expect(readProfile(changed).warnings.map(({ code, position }) => `${code} ${position?.line}`)).toEqual([
      'nspawn-still-allowed 3',
      'nspawn-capability 4',
    ]);
    expect([decide(exec, socket, 16n, 0n, 9n), decide(exec, socket, 16n, 0n, 0n)]).toEqual(['ERRNO 97', 'ALLOW']);
  });

  it.each([
    ['[Exec]\nSystemCallFilter=@keyrings\n', '2:18 unknown-group'],
    ['[Exec]\nSystemCallFilter=@keyring ~bpf\n', '2:27 bad-syntax'],
    ['[Exec]\nSystemCallFilter=~bpf:EPERM\n', '2:19 bad-syntax'],
    ['[Exec]\n[Files]\nSystemCallFilter=bpf\n', '3:1 wrong-section'],
    ['[Exec]\nSystemCallFilters=bpf\n', '2:1 misspelt-key'],
    ['[Exec]\nCapability=CAP_SYS_TIMES\n', '2:12 unknown-constant'],
  ])('refuses %j', (text, issue) => {
    try {
      readProfile(text);
    } catch (error) {
      const found = (error as ProfileError).issues;
      expect(error).toBeInstanceOf(ProfileError);
      expect(found.map(({ code, position }) => `${position?.line}:${position?.column} ${code}`)).toEqual([issue]);
      return;
    }
    expect.unreachable();
  });

  const opening = 'BPF IPC_LOCK SYSLOG SYS_MODULE SYS_PACCT SYS_RAWIO SYS_TIME'.split(' ').map((name) => `CAP_${name}`);

  it.each(opening)('says of %s what the program allows with it, and not without', (capability) => {
    const [closed, open] = ['[Exec]\n', `[Exec]\nCapability=${capability}\n`] as const;
    const [said] = readProfile(open).warnings.map(({ message }) => message);
    const words = /has systemd-nspawn allow (.*)$/.exec(said ?? '')![1]!.split(', ');
    const calls = words.flatMap((word) => systemdGroups().get(word) ?? [word]);
    const decisions = calls.flatMap((name) => {
      const nr = loadLibseccompSync().resolveSyscallName(name, 'x86_64') ?? -1;
      return nr < 0 ? [] : [[decide(closed, nr), decide(open, nr)]];
    });
    expect(decisions).not.toEqual([]);
    expect(decisions.filter(([, after]) => after !== 'ALLOW')).toEqual([]);
    expect(decisions.some(([before]) => before !== 'ALLOW')).toBe(true);
  });

  it('says of capabilities with commas between them that spaces stand there', () => {
    expect(() => readProfile('[Exec]\nCapability=CAP_NET_ADMIN,CAP_SYS_MODULE\nSystemCallFilter=bpf\n')).toThrow(
      'unknown capability "CAP_NET_ADMIN,CAP_SYS_MODULE"; write spaces between capabilities, not commas',
    );
  });
});
