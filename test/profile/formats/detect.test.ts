import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../../src/errors.js';
import { ProfileError } from '../../../src/profile/document/profile-error.js';
import { LINES_FORMATS } from '../../../src/profile/formats/index.js';
import { type InputFormat, loadProfile, readProfile } from '../../../src/profile/index.js';
import { SPO, TEXTS } from './format-texts.js';

describe('the format is told by the content', () => {
  it.each(TEXTS)('%s: %s', async (format, text) => {
    expect(readProfile(text).format).toBe(format);
    expect(readProfile(new TextEncoder().encode(`\uFEFF${text}`)).format).toBe(format);
    const loaded = await loadProfile(text, { source: 'x' });
    expect({ ...loaded, locate: undefined }).toEqual({ ...readProfile(text, { source: 'x' }), locate: undefined });
  });

  it.each(['profile', 'read\nwrite\n', '# only a comment', 'default', 'key = value\n'])('not %j', (text) => {
    expect(() => readProfile(text)).toThrow(ProfileError);
  });

  it('a policy of minijail may begin with a group of calls, which is no JSON', () => {
    expect(readProfile('{read, write}: allow\nptrace: return EPERM\n').format).toBe('minijail-py');
    expect(readProfile('{ "defaultAction": "SCMP_ACT_LOG" }').format).toBe('oci');
    expect(() => readProfile('{defaultAction: SCMP_ACT_LOG}')).toThrow('a key in double quotes');
  });

  it('and where no line is a sign, the formats are named that were looked for, and how to say which it is', () => {
    const fault = (text: string) => {
      try {
        readProfile(text);
      } catch (error) {
        return error as ProfileError;
      }
      throw new Error(`${text} was read`);
    };
    const { issues } = fault('\n  hello world\nsecond line\n');
    expect(issues).toMatchObject([{ code: 'bad-syntax', position: { line: 2, column: 3 } }]);
    for (const { phrase } of LINES_FORMATS) expect(issues[0]!.message).toContain(phrase);
    expect(issues[0]!.message).toContain('YAML');
    expect(issues[0]!.hint).toContain('--from');
    // what begins as JSON does is JSON's
    for (const text of ['12', 'true', 'null', '-', '/* x */ {}']) {
      expect(fault(text).message).not.toContain('no line looks like');
    }
  });

  it.each([
    ['', 'empty: there is no profile in it', 1],
    ['\n\n', 'empty: there is no profile in it', 1],
    ['// a\n# b\n/* c */\n', 'nothing but comments: there is no profile in it', 1],
    ['# a\n\n/* b\n', 'a comment that is not ended', 3],
  ])('says of %j: %s', (text, message, line) => {
    expect(() => readProfile(text)).toThrow(
      expect.objectContaining({
        issues: [expect.objectContaining({ message, position: expect.objectContaining({ line }) })],
      }),
    );
  });

  it('or named', () => {
    const read = (text: string, format: InputFormat) => readProfile(text, { format });
    expect(read('defaultAction: SCMP_ACT_LOG', 'docker').format).toBe('docker');
    expect(read('{defaultAction: SCMP_ACT_LOG}', 'yaml').format).toBe('oci');
    expect(read('{"defaultAction": "SCMP_ACT_LOG"}', 'yaml').format).toBe('oci');
    expect(() => read('defaultAction: SCMP_ACT_LOG', 'json')).toThrow('expected a value');
    expect(() => read('{"defaultAction": "SCMP_ACT_LOG", "archMap": []}', 'oci')).toThrow("Docker's format, not OCI's");
    expect(() => read('{"defaultAction": "SCMP_ACT_LOG"}', 'spo')).toThrow('the key "kind" is missing');
    expect(() => read(SPO, 'list')).toThrow(ProfileError);
    expect(() => read('SystemCallFilter=read', 'list')).toThrow(ProfileError);
  });

  it('is no number and no null, nor an object where the format is lines', () => {
    expect(() => readProfile({ defaultAction: 'SCMP_ACT_LOG' }, { format: 'list' })).toThrow(InvalidArgumentError);
    for (const input of [null, undefined, 7]) expect(() => readProfile(input as never)).toThrow(InvalidArgumentError);
  });

  it('is text or bytes of any view for loadProfile, which says so of anything else', async () => {
    const bytes = new TextEncoder().encode('{"defaultAction": "SCMP_ACT_LOG"}');
    expect((await loadProfile(new DataView(bytes.buffer) as never)).format).toBe('oci');
    for (const input of [null, undefined, 7, {}, []]) {
      await expect(loadProfile(input as never)).rejects.toThrow(InvalidArgumentError);
    }
  });
});

describe('YAML', () => {
  it('has integers of any size, anchors, and the position of each value', () => {
    const text = `defaultAction: SCMP_ACT_ERRNO
x-args: &args
- {index: 0, value: 18446744073709551615, op: SCMP_CMP_EQ}
- {index: 1, value: 0xffff0000ffff0001, valueTwo: 0x1, op: SCMP_CMP_MASKED_EQ}
syscalls:
- names: [read, "write"]
  action: SCMP_ACT_ALLOW
  args: *args
`;
    const { seccomp, locate } = readProfile(text);
    expect(seccomp.syscalls![0]!.args).toEqual([
      { index: 0n, value: 2n ** 64n - 1n, op: 'SCMP_CMP_EQ' },
      { index: 1n, value: 0xffff0000ffff0001n, valueTwo: 1n, op: 'SCMP_CMP_MASKED_EQ' },
    ]);
    expect(locate('syscalls', 0, 'names', 1).position).toMatchObject({ line: 6, column: 17 });
    expect(locate('syscalls', 0, 'action').position).toMatchObject({ line: 7, column: 11 });
    expect(locate('syscalls', 0, 'args', 1, 'value').position).toMatchObject({ line: 4, column: 21 });
  });
});

describe('a SeccompProfile', () => {
  it('is what is under "spec", zero where Go has zero', () => {
    const text = `${SPO.replace('spec:', 'metadata: {name: child}\nspec:\n  baseProfileName: parent')}  architectures: [SCMP_ARCH_X86_64]
  syscalls:
  - names: [personality]
    action: SCMP_ACT_ERRNO
    errnoRet: 0
    args:
    - {index: 0, op: SCMP_CMP_EQ}
`;
    const { seccomp, name, locate } = readProfile(text);
    expect(name).toBe('child');
    expect(seccomp).toEqual({
      defaultAction: 'SCMP_ACT_LOG',
      extends: 'parent',
      architectures: ['SCMP_ARCH_X86_64'],
      syscalls: [
        { names: ['personality'], action: 'SCMP_ACT_ERRNO', args: [{ index: 0n, value: 0n, op: 'SCMP_CMP_EQ' }] },
      ],
    });
    expect(locate('extends')).toMatchObject({ path: 'spec.baseProfileName', position: { line: 5, column: 20 } });
    expect(locate('syscalls', 0, 'names', 0)).toMatchObject({
      path: 'spec.syscalls[0].names[0]',
      position: { line: 9 },
    });
  });

  it('is chosen by name, of a file with several', () => {
    const named = (name: string) => `${SPO.replace('spec:', `metadata: {name: ${name}}\nspec:`)}`;
    const file = `---\n${named('one')}---\n${named('two').replace('LOG', 'TRAP')}---\n`;
    const chosen = readProfile(file, { document: 'two' });
    expect(chosen).toMatchObject({ name: 'two', seccomp: { defaultAction: 'SCMP_ACT_TRAP' } });
    expect(chosen.locate('defaultAction').position).toMatchObject({ line: 12 });
    expect(() => readProfile(file)).toThrow('a second document, of 2; choose one with --document');
    expect(() => readProfile(file, { document: 'three' })).toThrow('no document "three"; there are "one", "two"');
    expect(() => readProfile(`${file}${named('one')}`, { document: 'one' })).toThrow(
      'a second document "one"; choose by number: 1 (line 2), "two", 3 (line 14)',
    );
    expect(readProfile(`${file}${named('one')}`, { document: '3' }).name).toBe('one');
  });

  it('may be disabled, which is said', () => {
    const { warnings } = readProfile(`${SPO}  disabled: true\n`);
    expect(warnings).toMatchObject([{ code: 'disabled-profile', path: 'spec.disabled' }]);
  });

  it("has v1's state, which kubectl prints", () => {
    expect(readProfile(`${SPO}  state: Enabled\n`).warnings).toEqual([]);
    const { warnings } = readProfile(`${SPO}  state: Disabled\n`);
    expect(warnings).toMatchObject([{ code: 'disabled-profile', path: 'spec.state' }]);
    expect(() => readProfile(`${SPO}  state: enabled\n`)).toThrow('must be Enabled or Disabled');
  });
});
