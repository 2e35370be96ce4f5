import { describe, expect, it } from 'vitest';
import { scmp } from './scmp.js';

const PROFILE = JSON.stringify({
  defaultAction: 'SCMP_ACT_ERRNO',
  syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW' }],
});
const run = (args: readonly string[], input = PROFILE) => {
  const { status, stdout, stderr } = scmp(args, { input });
  return { status, printed: stdout.toString() + stderr };
};

describe('a wrong name is told with the right one', () => {
  const profile = (more: object) =>
    JSON.stringify({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['acct'], action: 'SCMP_ACT_ERRNO' }],
      ...more,
    });

  it.each<[string, string[], string, string]>([
    ['--arch', ['compile', '-', '--arch', 'amd46'], PROFILE, 'did you mean x86_64?'],
    [
      'an architecture by Go’s name',
      ['check', '-'],
      profile({ architectures: ['SCMP_ARCH_ARM64'] }),
      'did you mean SCMP_ARCH_AARCH64?',
    ],
    ['another', ['check', '-'], profile({ architectures: ['SCMP_ARCH_AMD64'] }), 'did you mean SCMP_ARCH_X86_64?'],
    ['of a list', ['check', '-'], 'default allow\narch x86-64\n', 'did you mean \\"x86_64\\"?'],
    [
      'of a unit',
      ['check', '-'],
      '[Service]\nSystemCallFilter=~acct\nSystemCallArchitectures=amd64\n',
      'did you mean x86-64?',
    ],
    ['of an assembler text', ['asm', '-'], '.arch x86_46\nreturn ALLOW\n', 'did you mean x86_64?'],
    [
      'of a condition',
      ['check', '-'],
      profile({ syscalls: [{ names: ['acct'], action: 'SCMP_ACT_ERRNO', includes: { arches: ['x86_64'] } }] }),
      'did you mean \\"amd64\\"?',
    ],
    ['a call of simulate', ['simulate', '-', 'opnat', '--arch', 'x86_64'], PROFILE, 'did you mean openat?'],
    ['a call of explain', ['explain', '-', 'opnat', '--arch', 'x86_64'], PROFILE, 'did you mean openat?'],
    [
      'a call of a profile',
      ['compile', '-', '--arch', 'x86_64', '--format', 'hex'],
      PROFILE.replace('read', 'opnat'),
      '(did you mean openat?)',
    ],
    [
      'of an assembler text',
      ['asm', '-', '--arch', 'x86_64'],
      'A = sys_number\nA == opnat ? y : y\ny: return ALLOW\n',
      'did you mean openat?',
    ],
    ['an errno there', ['asm', '-', '--arch', 'x86_64'], 'return ERRNO(EPREM)\n', 'did you mean EPERM?'],
    ['a constant', ['simulate', '-', 'socket', 'AF_UNX', '--arch', 'x86_64'], PROFILE, 'did you mean AF_UNIX?'],
    [
      'a constant of a list',
      ['check', '-'],
      'default allow\nsocket(domain == AF_UNX) -> errno EPERM\n',
      'did you mean \\"AF_UNIX\\"?',
    ],
    ['an argument', ['simulate', '-', 'socket', 'domian=1', '--arch', 'x86_64'], PROFILE, 'did you mean domain?'],
    ['a built-in', ['compile', 'builtin:nod'], '', 'did you mean builtin:node?'],
    [
      'a base',
      ['check', '-'],
      JSON.stringify({ extends: 'no-netwrok', syscalls: [] }),
      'did you mean builtin:no-network?',
    ],
    ['a built-in without its prefix', ['compile', 'no-netwrok'], '', 'did you mean builtin:no-network?'],
  ])('%s', (_, args, input, words) => {
    const { printed, status } = run([...args, ...(args[0] === 'check' ? ['--json'] : [])], input);
    expect(printed).toContain(words);
    expect(status).not.toBe(70);
  });

  it.each<[string, string[], string]>([
    ['a call', ['simulate', '-', 'nonsense_call', '--arch', 'x86_64'], PROFILE],
    ['an architecture', ['compile', '-', '--arch', 'sparc64'], PROFILE],
    [
      'an operator',
      ['check', '-'],
      profile({
        syscalls: [{ names: ['acct'], action: 'SCMP_ACT_ERRNO', args: [{ index: 0, value: 1, op: 'SCMP_CMP_XX' }] }],
      }),
    ],
    ['a file', ['compile', 'nothing-here', '--arch', 'x86_64'], ''],
  ])('and nothing is suggested where nothing is near: %s', (_, args, input) => {
    expect(run(args, input).printed).not.toContain('did you mean');
  });
});

describe('arm’s calls that libseccomp names otherwise', () => {
  const ARM = ['--arch', 'arm'];
  const allowing = (...names: string[]) =>
    JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }] });

  it.each([
    ['fadvise64_64', 'arm_fadvise64_64', 270],
    ['sync_file_range2', 'arm_sync_file_range', 341],
  ])('%s is %s everywhere', (kernel, ours, number) => {
    expect(run(['resolve', kernel]).printed).toMatch(new RegExp(`^arm +${number} +${ours}  `, 'm'));
    const profile = allowing(ours);
    expect(run(['simulate', '-', kernel, ...ARM], profile).printed).toMatch(`arm: ${ours}(`);
    expect(run(['simulate', '-', kernel, ...ARM], profile).printed).toContain('ALLOW');
    expect(run(['explain', '-', kernel, ...ARM], profile).printed).toContain(`arm: ${ours} (${number}): ALLOW`);
    const log = `${kernel}(3, 0, 0, 0) = 0\n`;
    expect(run(['record', '--from-strace', '-', ...ARM], log).printed).toContain(`"${ours}"`);
  });

  it('an entry of a profile by the kernel’s name does nothing on arm: a finding', () => {
    const { printed } = run(['check', '-', ...ARM], allowing('fadvise64_64', 'sync_file_range2'));
    expect(printed).toContain('arm_fadvise64_64');
    expect(printed).toContain('[arch-missing-syscall]');
    expect(run(['check', '-', ...ARM], allowing('fadvise64_64', 'arm_fadvise64_64')).printed).not.toContain(
      '[arch-missing-syscall]',
    );
  });
});
