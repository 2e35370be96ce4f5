import { describe, expect, it } from 'vitest';
import { profileLayer } from '../../../src/compose/artifact/profile-layer.js';
import { artifactRefusals, layerRefusals } from '../../../src/compose/artifact/refusals.js';
import { ProfileError } from '../../../src/profile/document/profile-error.js';
import { readProfile } from '../../../src/profile/index.js';
import type { OciSeccomp } from '../../../src/profile/model/schema.js';

// KEP-6061's rules, as docs/guides/artifacts.md has them: each refusal, and what is nearly the same and is taken.

const entry = (names: string[], action: string, more: object = {}) => ({ names, action, ...more });
const allow = (name: string, more: object = {}) => entry([name], 'SCMP_ACT_ALLOW', more);
const when = (index: number, op: string, value: bigint | number, valueTwo?: bigint | number) => ({
  args: [{ index, value, op: `SCMP_CMP_${op}`, ...(valueTwo === undefined ? {} : { valueTwo }) }],
});
const profile = (...syscalls: object[]) => ({ defaultAction: 'SCMP_ACT_ERRNO', syscalls });
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

function refusals(text: object): [path: string, message: string][] {
  const { seccomp, locate } = readProfile(text, { notifyGuards: false });
  return artifactRefusals(seccomp as OciSeccomp, locate).map(({ path, message }) => [path, message]);
}

describe('what runtimes refuse of an artifact', () => {
  it.each<[what: string, refused: object, path: string, taken: object]>([
    [
      'NOTIFY',
      profile(entry(['mount'], 'SCMP_ACT_NOTIFY')),
      'syscalls[0].action',
      profile(entry(['mount'], 'SCMP_ACT_TRACE')),
    ],
    ['NOTIFY by default', { defaultAction: 'SCMP_ACT_NOTIFY' }, 'defaultAction', { defaultAction: 'SCMP_ACT_LOG' }],
    ['a listener', { ...profile(), listenerPath: '/run/x' }, 'listenerPath', { ...profile(), listenerPath: '' }],
    [
      'its metadata',
      { ...profile(), listenerMetadata: 'x' },
      'listenerMetadata',
      { ...profile(), listenerMetadata: '' },
    ],
    [
      'WAIT_KILLABLE_RECV',
      { ...profile(), flags: ['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'] },
      'flags[1]',
      { ...profile(), flags: ['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_SPEC_ALLOW'] },
    ],
    ['TSYNC', { ...profile(), flags: ['SECCOMP_FILTER_FLAG_TSYNC'] }, 'flags[0]', { ...profile(), flags: [] }],
    [
      'a flag given twice',
      { ...profile(), flags: ['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_LOG'] },
      'flags[1]',
      { ...profile(), flags: ['SECCOMP_FILTER_FLAG_LOG'] },
    ],
    [
      'an architecture given twice',
      { ...profile(), architectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X86'] },
      'architectures[1]',
      { ...profile(), architectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] },
    ],
    [
      'NATIVE',
      { ...profile(), architectures: ['SCMP_ARCH_NATIVE'] },
      'architectures[0]',
      { ...profile(), architectures: ['SCMP_ARCH_X86_64'] },
    ],
    [
      'an errno past the largest',
      profile(entry(['mount'], 'SCMP_ACT_TRACE', { errnoRet: 4096 })),
      'syscalls[0].errnoRet',
      profile(entry(['mount'], 'SCMP_ACT_TRACE', { errnoRet: 4095 })),
    ],
    [
      'an errno that is ignored',
      profile(allow('read', { errnoRet: 1 })),
      'syscalls[0].errnoRet',
      profile(entry(['read'], 'SCMP_ACT_TRACE', { errnoRet: 1 })),
    ],
    [
      'a default errno that is ignored',
      { defaultAction: 'SCMP_ACT_KILL_PROCESS', defaultErrnoRet: 1 },
      'defaultErrnoRet',
      { defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 38 },
    ],
    [
      '129 entries for a call',
      profile(...many(129, (value) => allow('ioctl', when(1, 'EQ', value)))),
      'syscalls[128].names[0]',
      profile(...many(128, (value) => allow('ioctl', when(1, 'EQ', value)))),
    ],
    [
      'a name 129 times in one entry',
      profile(
        entry(
          many(129, () => 'read'),
          'SCMP_ACT_ALLOW',
        ),
      ),
      'syscalls[0].names[128]',
      profile(
        entry(
          many(128, () => 'read'),
          'SCMP_ACT_ALLOW',
        ),
      ),
    ],
    [
      '257 rules for a call',
      profile(allow('ioctl', { args: many(257, (value) => when(1, 'EQ', value).args[0]) })),
      'syscalls[0].names[0]',
      profile(allow('ioctl', { args: many(256, (value) => when(1, 'EQ', value).args[0]) })),
    ],
    [
      '1025 names in an entry',
      profile(
        entry(
          many(1025, (index) => `call${index}`),
          'SCMP_ACT_ALLOW',
        ),
      ),
      'syscalls[0].names',
      profile(
        entry(
          many(1024, (index) => `call${index}`),
          'SCMP_ACT_ALLOW',
        ),
      ),
    ],
    [
      '16385 rules',
      profile(
        ...many(17, (at) =>
          entry(
            many(at === 16 ? 1 : 1024, (index) => `call${at}x${index}`),
            'SCMP_ACT_ALLOW',
          ),
        ),
      ),
      'syscalls',
      profile(
        ...many(16, (at) =>
          entry(
            many(1024, (index) => `call${at}x${index}`),
            'SCMP_ACT_ALLOW',
          ),
        ),
      ),
    ],
    [
      'a condition within that of another action',
      profile(allow('ioctl', when(1, 'EQ', 1)), entry(['ioctl'], 'SCMP_ACT_LOG')),
      'syscalls[1]',
      profile(allow('ioctl', when(1, 'EQ', 1)), entry(['ioctl'], 'SCMP_ACT_ALLOW')),
    ],
    [
      'comparisons of different actions that overlap',
      profile(allow('ioctl', when(1, 'LT', 9)), entry(['ioctl'], 'SCMP_ACT_LOG', when(1, 'GT', 3))),
      'syscalls[1]',
      profile(allow('ioctl', when(1, 'LT', 9)), entry(['ioctl'], 'SCMP_ACT_LOG', when(1, 'GE', 9))),
    ],
    [
      'values that a 32-bit architecture cannot tell apart',
      profile(allow('ioctl', when(1, 'EQ', 1)), entry(['ioctl'], 'SCMP_ACT_LOG', when(1, 'EQ', 0x100000001))),
      'syscalls[1]',
      profile(allow('ioctl', when(1, 'EQ', 1)), entry(['ioctl'], 'SCMP_ACT_LOG', when(1, 'EQ', 2))),
    ],
    [
      'an empty mask, which is no condition',
      profile(allow('ioctl', when(1, 'MASKED_EQ', 0, 0)), entry(['ioctl'], 'SCMP_ACT_LOG', when(1, 'EQ', 2))),
      'syscalls[1]',
      profile(allow('ioctl', when(1, 'EQ', 0)), entry(['ioctl'], 'SCMP_ACT_LOG', when(1, 'EQ', 2))),
    ],
  ])('%s', (_, refused, path, taken) => {
    expect(refusals(refused).map(([at]) => at)).toEqual([path]);
    expect(refusals(taken)).toEqual([]);
  });

  it('counts no rule for what the default does anyhow', () => {
    const denied = many(128, (value) => entry(['ioctl'], 'SCMP_ACT_ERRNO', { ...when(1, 'EQ', value), errnoRet: 1 }));
    expect(refusals(profile(...denied))).toEqual([]);
  });
});

describe('what runtimes refuse of the text of a layer', () => {
  const found = (text: string) => layerRefusals(text, 'p.json').map(({ path, message }) => [path, message]);

  it('is any key that the runtime spec lacks, such as a comment', () => {
    expect(
      found('{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a"],"action":"SCMP_ACT_ALLOW","comment":"x"}]}'),
    ).toEqual([['syscalls[0].comment', expect.stringContaining('has no "comment"')]]);
    expect(found('{"linux":{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW"}}}')[0]?.[0]).toBe('linux');
    expect(found('{"defaultAction":"SCMP_ACT_ALLOW","syscalls":null}')).toEqual([]);
  });

  it('is what is no JSON, has a key twice, a byte order mark, or more than 1 MiB', () => {
    expect(found('default allow\n')).toEqual([['', expect.stringContaining('is JSON, and this is not')]]);
    expect(found('{"defaultAction":"SCMP_ACT_ALLOW","defaultAction":"SCMP_ACT_ERRNO"}')).toEqual([
      ['', expect.stringContaining('was given before')],
    ]);
    expect(found('\uFEFF{"defaultAction":"SCMP_ACT_ALLOW"}')).toEqual([
      ['', expect.stringContaining('byte order mark')],
    ]);
    expect(found(`{"defaultAction":"SCMP_ACT_ALLOW"}${' '.repeat(1 << 20)}`)).toEqual([
      ['', expect.stringContaining('runtimes take 1048576')],
    ]);
  });
});

describe('a profile as a layer', () => {
  it('is runtime-spec JSON without what only others read', () => {
    const read = readProfile({ ...profile({ ...allow('read'), comment: 'why' }) });
    expect(JSON.parse(profileLayer(read)).syscalls).toEqual([allow('read')]);
    expect(layerRefusals(profileLayer(read))).toEqual([]);
  });

  it('says what is refused at its place in the text it was read from, for a target too', () => {
    const text = 'default errno EPERM\nallow read\nwhen arch s390x: allow close\nnotify mount\n';
    for (const target of [{ arch: 'x86_64' }, {}]) {
      const layer = () =>
        profileLayer(readProfile(text.replace(target.arch ? '' : /when.*\n/, ''), { format: 'list' }), target);
      expect(layer).toThrow(ProfileError);
      const line = target.arch ? 4 : 3;
      expect(layer).toThrow(
        expect.objectContaining({
          issues: [expect.objectContaining({ code: 'artifact-refused', position: expect.objectContaining({ line }) })],
        }),
      );
    }
  });
});
