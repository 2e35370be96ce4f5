// Small texts that say a lot, and long ones that say little: read in time that grows with the text, or refused.
import { describe, expect, it } from 'vitest';
import { compileProfileSync } from '../../../src/compiler/index.js';
import { loadLibseccompSync } from '../../../src/libseccomp/index.js';
import { ProfileError } from '../../../src/profile/document/profile-error.js';
import { readProfile } from '../../../src/profile/index.js';

/** Processor time; others that run at the same time cost some of it. */
function withinSeconds<T>(most: number, work: () => T): T {
  const begin = process.cpuUsage();
  const result = work();
  expect(process.cpuUsage(begin).user / 1e6).toBeLessThan(most);
  return result;
}

const unit = (lines: string) => `[Service]\n${lines}\n`;
const seccompOf = (text: string) => readProfile(text).seccomp;

describe('a systemd unit', () => {
  const once = seccompOf(unit('SystemCallFilter=@system-service'));
  it.each([
    ['in one setting', `SystemCallFilter=${'@system-service '.repeat(100_000)}`],
    ['in many', 'SystemCallFilter=@system-service\n'.repeat(50_000)],
    ['in lines that go on', `SystemCallFilter=${'@system-service \\\n'.repeat(50_000)}`],
  ])('that names a group thousands of times, %s', (_, lines) => {
    expect(withinSeconds(5, () => seccompOf(unit(lines)))).toEqual(once);
  });

  it('with thousands of errors for one group: the last one counts', () => {
    const lines = Array.from({ length: 50_000 }, (_, i) => `SystemCallFilter=~@mount:${(i % 4000) + 1}\n`).join('');
    const read = withinSeconds(5, () => seccompOf(unit(`${lines}SystemCallFilter=~@mount:EPERM`)));
    expect(read).toEqual(seccompOf(unit('SystemCallFilter=~@mount:EPERM')));
  });

  it('whose words decide in turn, the last of each name', () => {
    const names = (lines: string) => seccompOf(unit(lines)).syscalls?.flatMap(({ names }) => names);
    const lines = 'SystemCallFilter=~@mount\nSystemCallFilter=mount\nSystemCallFilter=~mount\nSystemCallFilter=umount2';
    expect(names(lines)).toContain('mount');
    expect(names(lines)).not.toContain('umount2');
    expect(names('SystemCallFilter=~mount\nSystemCallFilter=~@mount\nSystemCallFilter=mount')).not.toContain('mount');
    expect(names('SystemCallFilter=~mount\nSystemCallFilter=mount\nSystemCallFilter=~@mount')).toContain('mount');
  });

  it('whose faults are the same thousands of times: each told once', () => {
    const lines = `SystemCallFilter=${'@sistem-service '.repeat(50_000)}\n${'SystemCallFiltr=read\n'.repeat(50_000)}`;
    expect(() => withinSeconds(5, () => readProfile(unit(lines)))).toThrow(/has no group/);
    try {
      readProfile(unit(lines));
    } catch (error) {
      expect((error as ProfileError).issues).toHaveLength(2);
    }
  });

  it('of more words than anybody writes is refused', () => {
    expect(() => readProfile(unit(`SystemCallFilter=${'a '.repeat(200_001)}`))).toThrow(/more than 200000 words/);
  });
});

describe('YAML', () => {
  const head = 'defaultAction: SCMP_ACT_ERRNO\n';
  it.each([
    ['of an entry', `${head}syscalls:\n- &a {names: [read], action: SCMP_ACT_ALLOW}\n${'- *a\n'.repeat(13_000)}`],
    ['of a name', `${head}syscalls:\n- {action: SCMP_ACT_ALLOW, names: [&a read${', *a'.repeat(20_000)}]}\n`],
    [
      'of a list',
      `${head}syscalls:\n- {action: SCMP_ACT_ALLOW, names: &a [read]}\n${'- {action: SCMP_ACT_ALLOW, names: *a}\n'.repeat(10_000)}`,
    ],
  ])('with thousands of aliases %s is what it is written out', { timeout: 120_000 }, (_, text) => {
    const libseccomp = loadLibseccompSync();
    const written = text
      .replace(/&a (\{.*\}|\[.*?\]|\w+)/, '$1')
      .replaceAll('*a', /&a (\{.*\}|\[.*?\]|\w+)/.exec(text)?.[1] ?? '');
    const read = withinSeconds(5, () => readProfile(text, { source: 'a.yaml' }));
    expect(read.seccomp).toEqual(readProfile(written, { source: 'a.yaml' }).seccomp);
    withinSeconds(8, () => compileProfileSync(text, { arch: 'x86_64', source: 'a.yaml', libseccomp, verify: false }));
  });

  it('counts aliases as what they stand for, and how deep that is', () => {
    const names = Array.from({ length: 100 }, (_, i) => `c${i}`).join();
    const many = `${head}syscalls:\n- {action: SCMP_ACT_ALLOW, names: &a [${names}]}\n${'- {action: SCMP_ACT_ALLOW, names: *a}\n'.repeat(1000)}`;
    expect(() => readProfile(many)).toThrow(/more than 65536 values/);
    const deep = `x: &a ${'['.repeat(40)}${']'.repeat(40)}\ny: ${'['.repeat(40)}*a${']'.repeat(40)}\n`;
    expect(() => readProfile(deep)).toThrow(/nested more than 64 deep/);
  });

  it('that contains itself, once its anchor was used before', () => {
    const text = `${head}flags: &a [SECCOMP_FILTER_FLAG_LOG]\nsyscalls: &a\n- *a\n`;
    expect(() => readProfile(text)).toThrow(/alias of what it is in/);
  });
});

describe('a plain list', () => {
  const many = (text: string, separator: string) => Array.from({ length: 300_000 }, () => text).join(separator);
  it.each([
    ['commas', `allow read${','.repeat(500_000)}`],
    ['calls', `allow ${many('read', ',')}`],
    ['values', `allow open(flags == ${many('1', '|')})`],
    ['conditions', `allow open(${many('flags == 1', ' && ')})`],
    ['tests', `when ${many('cap CAP_SYS_ADMIN', ', ')}: allow read`],
    ['capabilities', `when cap ${many('CAP_SYS_ADMIN', ' ')}: allow read`],
    ['architectures', `arch ${many('amd64', ', ')}`],
    ['parentheses', `allow read${'('.repeat(500_000)}`],
    ['lines that go on', `allow ${'read,\n'.repeat(300_000)}read`],
  ])('of hundreds of thousands of %s is refused', (_, line) => {
    const read = () => readProfile(`default errno EPERM\n${line}\n`, { source: 'a.list' });
    expect(() => withinSeconds(5, read)).toThrow(ProfileError);
    expect(read).toThrow(/more than \d+ (words and signs|system calls)/);
  });
});
