import { describe, expect, it } from 'vitest';
import { compileProfile, compileProfileSync, loadBuiltins } from '../../src/compiler/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { ProfileError } from '../../src/profile/document/profile-error.js';
import { readProfile } from '../../src/profile/index.js';

const options = { arch: 'x86_64', libseccomp: loadLibseccompSync() };
const allow = (...names: string[]) => ({ names, action: 'SCMP_ACT_ALLOW' });
const own = { extends: 'container-default', remove: ['ptrace'], syscalls: [allow('io_uring_setup')] };

describe('compiling a profile that extends', () => {
  it('a built-in needs nothing but waiting', async () => {
    const compiled = await compileProfile(own, options);
    const loadBase = await loadBuiltins();
    expect(compileProfileSync(own, { ...options, loadBase })).toEqual(compiled);
    expect(await compileProfile(readProfile(own), options)).toEqual(compiled);
    expect(compiled.program).not.toEqual((await compileProfile({ extends: 'container-default' }, options)).program);
    expect(compiled.arches).toEqual(['x86_64', 'x86']);
  });

  it('another takes what finds it', async () => {
    const base = readProfile({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [allow('read')] });
    const loadBase = (name: string) => (name === 'mine' ? base : undefined);
    const whole = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [allow('read'), allow('write')] };
    const { program } = await compileProfile({ extends: 'mine', syscalls: [allow('write')] }, { ...options, loadBase });
    expect(program).toEqual(compileProfileSync(whole, options).program);
    await expect(compileProfile(own, { ...options, loadBase })).rejects.toThrow(ProfileError);
  });

  it('is refused where nobody looked for the other', () => {
    expect(() => compileProfileSync(own, options)).toThrow(
      /extends "container-default", which was not read; .*loadBase/,
    );
  });

  it('reports what libseccomp refuses in the file it is in', async () => {
    const args = [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }];
    const entry = (errnoRet: number) => ({ names: ['getcwd'], action: 'SCMP_ACT_ERRNO', errnoRet, args });
    const text = JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [entry(1), entry(2)] });
    const base = readProfile(text, { source: 'base.json' });
    const attempt = compileProfile({ extends: 'base' }, { ...options, source: 'own.json', loadBase: () => base });
    await expect(attempt).rejects.toMatchObject({
      code: 'RULE_REFUSED',
      message: expect.stringMatching(/^base\.json:1:\d+: syscalls\[1\]/),
    });
  });
});
