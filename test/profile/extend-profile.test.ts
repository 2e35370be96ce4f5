import { describe, expect, it } from 'vitest';
import { parseArchitecture } from '../../src/architecture.js';
import { InvalidArgumentError } from '../../src/errors.js';
import { ProfileError } from '../../src/profile/document/profile-error.js';
import type { OperatorVersion } from '../../src/profile/extend/operator-union.js';
import { extendProfile, type ParsedProfile, readProfile } from '../../src/profile/index.js';
import { resolvePolicy } from '../../src/profile/resolve/resolve-policy.js';
import fc from '../fast-check.js';

const ALLOW = 'SCMP_ACT_ALLOW';
const ERRNO = 'SCMP_ACT_ERRNO';
const allow = (...names: string[]) => ({ names, action: ALLOW });
const deny = (...names: string[]) => ({ names, action: ERRNO });
const eq = (index: number, value: number) => ({ index, value, op: 'SCMP_CMP_EQ' });

/** Profiles by name, as text, so that places have positions. */
function library(profiles: Record<string, object>) {
  const read = (name: string) => readProfile(JSON.stringify(profiles[name], null, 1), { source: `${name}.json` });
  return (name: string) => (name in profiles ? read(name) : undefined);
}

function extended(profiles: Record<string, object>, name = 'own'): ParsedProfile {
  const load = library(profiles);
  return extendProfile(load(name)!, load);
}

interface Target {
  arch?: string;
  capabilities?: string[];
  kernel?: string;
}

/** What a profile does, a line an entry that applies: `ALLOW read write`. */
function rules(profile: ParsedProfile, { arch = 'x86_64', ...target }: Target = {}): string[] {
  const { policy } = resolvePolicy(profile, { arch: parseArchitecture(arch), ...target });
  return policy.rules.map(({ action, names, conditions }) =>
    [action.kind, ...names.map(({ name }) => name), ...conditions.map(({ index, value }) => `a${index}=${value}`)].join(
      ' ',
    ),
  );
}

function issuesOf(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(ProfileError);
    return (error as ProfileError).issues.map(({ code, path }) => `${code} ${path}`);
  }
  throw new Error('it was taken');
}

const base = { defaultAction: ERRNO, defaultErrnoRet: 38, syscalls: [allow('read', 'write', 'ptrace'), deny('bpf')] };

describe('a profile that extends another', () => {
  it('has its entries, without those taken out, and its own after them', () => {
    const own = { extends: 'base', remove: ['ptrace'], syscalls: [allow('io_uring_setup')] };
    expect(rules(extended({ base, own }))).toEqual(['ALLOW read write', 'ERRNO bpf', 'ALLOW io_uring_setup']);
  });

  it('has its default action and errno, unless it gives one', () => {
    const policy = (own: object) =>
      resolvePolicy(extended({ base, own: { extends: 'base', ...own } }), { arch: parseArchitecture('x86_64') }).policy;
    expect(policy({}).defaultAction).toEqual({ kind: 'ERRNO', data: 38 });
    expect(policy({ defaultAction: ERRNO }).defaultAction).toEqual({ kind: 'ERRNO', data: 1 });
    expect(policy({ defaultAction: 'SCMP_ACT_KILL_PROCESS' }).defaultAction).toEqual({ kind: 'KILL_PROCESS' });
  });

  it('has its architectures, flags and listener, unless it gives some', () => {
    const given = {
      ...base,
      archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] }],
      flags: ['SECCOMP_FILTER_FLAG_LOG'],
    };
    const policy = (own: object) =>
      resolvePolicy(extended({ base: given, own: { extends: 'base', ...own } }), { arch: parseArchitecture('x86_64') })
        .policy;
    const names = (own: object) => policy(own).architectures.map(({ architecture }) => architecture.name);
    expect(names({})).toEqual(['x86_64', 'x86']);
    expect(names({ architectures: ['SCMP_ARCH_X32'] })).toEqual(['x32']);
    expect(names({ architectures: [] })).toEqual([]);
    expect(policy({}).flags).toEqual(['SECCOMP_FILTER_FLAG_LOG']);
    expect(policy({ flags: [] }).flags).toEqual([]);
  });

  it('decides a call in place of the base', () => {
    const own = { extends: 'base', syscalls: [deny('write'), allow('bpf')] };
    expect(rules(extended({ base, own }))).toEqual(['ALLOW read ptrace', 'ERRNO write', 'ALLOW bpf']);
  });

  it('decides it where its conditions hold, and leaves it to the base elsewhere', () => {
    const own = {
      extends: 'base',
      syscalls: [
        { ...deny('write'), includes: { caps: ['CAP_BPF', 'CAP_KILL'], arches: ['amd64'], minKernel: '5.4' } },
      ],
    };
    const profile = extended({ base, own });
    const both = ['BPF', 'KILL'];
    const decided = ['ALLOW read ptrace', 'ERRNO bpf', 'ERRNO write'];
    const left = ['ALLOW read ptrace', 'ALLOW write', 'ERRNO bpf'];
    expect(rules(profile, { capabilities: both })).toEqual(decided);
    expect(rules(profile)).toEqual(left);
    expect(rules(profile, { capabilities: ['KILL'] })).toEqual(left);
    expect(rules(profile, { capabilities: both, arch: 'aarch64' })).toEqual(left);
    expect(rules(profile, { capabilities: both, kernel: '5.3' })).toEqual(left);
    expect(rules(profile, { capabilities: both, kernel: '5.4' })).toEqual(decided);
  });

  it('may be extended in its turn', () => {
    const middle = { extends: 'base', remove: ['ptrace'], syscalls: [allow('openat')] };
    const own = { extends: 'middle', remove: ['openat'], syscalls: [allow('ptrace')] };
    expect(rules(extended({ base, middle, own }))).toEqual(['ALLOW read write', 'ERRNO bpf', 'ALLOW ptrace']);
  });

  it('knows the file of every entry, name and warning', () => {
    const noisy = { ...base, syscalls: [...base.syscalls, { ...allow('close'), errnoRet: 1 }] };
    const own = { extends: 'base', remove: ['ptrace'], syscalls: [deny('write')] };
    const profile = extended({ base: noisy, own });
    const { policy, warnings } = resolvePolicy(profile, { arch: parseArchitecture('x86_64') });
    expect(policy.rules.map(({ path, source }) => `${source} ${path}`)).toEqual([
      'base.json syscalls[0]',
      'base.json syscalls[1]',
      'base.json syscalls[2]',
      'undefined syscalls[0]',
    ]);
    expect(policy.rules[0]!.names).toMatchObject([{ name: 'read', path: 'syscalls[0].names[0]', source: 'base.json' }]);
    expect(warnings).toMatchObject([{ code: 'errno-ret-ignored', source: 'base.json', path: 'syscalls[2].errnoRet' }]);
    expect(policy.rules[2]!.position!.line).toBeGreaterThan(policy.rules[1]!.position!.line);
  });

  it('may stand in a config.json, with a warning that no runtime follows it there', () => {
    const seccomp = { extends: 'base', remove: ['ptrace'] };
    const own = readProfile({ ociVersion: '1.0.2', linux: { seccomp } });
    expect(
      own.warnings.map(({ code, path, message }) => `${code} ${path} ${/"\w+" is this package's/.test(message)}`),
    ).toEqual(['foreign-key linux.seccomp.extends true', 'foreign-key linux.seccomp.remove true']);
    expect(rules(extendProfile(own, library({ base })))).toEqual(['ALLOW read write', 'ERRNO bpf']);
  });

  it('is not taken for one that is whole', () => {
    const profile = library({ own: { extends: 'base' } })('own')!;
    expect(issuesOf(() => resolvePolicy(profile, { arch: parseArchitecture('x86_64') }))).toEqual([
      'extends-open extends',
    ]);
  });

  it('is left alone if it extends nothing', () => {
    const profile = library({ base })('base')!;
    expect(extendProfile(profile, () => undefined)).toBe(profile);
  });
});

describe('what is refused', () => {
  const denyList = { defaultAction: ALLOW, syscalls: [deny('ptrace'), { ...deny('socket'), args: [eq(0, 38)] }] };

  it.each<[string, object, string[]]>([
    ['a base that is not there', { extends: 'nobody' }, ['extends-not-found extends']],
    [
      'a name to remove that the base does not have',
      { extends: 'base', remove: ['read', 'pread'] },
      ['remove-nothing remove[1]'],
    ],
    [
      'removing what the base denies beyond its default',
      { extends: 'denyList', remove: ['ptrace'] },
      ['remove-weakens remove[0]'],
    ],
    ['a weaker default', { extends: 'base', defaultAction: ALLOW }, ['default-weakens defaultAction']],
    ['a default that only logs', { extends: 'base', defaultAction: 'SCMP_ACT_LOG' }, ['default-weakens defaultAction']],
    [
      'an errno for a default it does not give',
      { extends: 'base', defaultErrnoRet: 1 },
      ['default-errno-without-action defaultErrnoRet'],
    ],
    [
      'deciding some arguments of a call that the base denies whole',
      { extends: 'denyList', syscalls: [{ ...deny('ptrace'), args: [eq(0, 16)] }] },
      ['override-weakens syscalls[0]'],
    ],
  ])('%s', (_name, own, issues) => {
    expect(issuesOf(() => extended({ base, denyList, own }))).toEqual(issues);
  });

  it('remove without extends', () => {
    expect(issuesOf(() => readProfile({ ...base, remove: ['read'] }))).toEqual(['remove-without-extends remove']);
  });

  it('misspelt keys', () => {
    expect(issuesOf(() => readProfile({ ...base, extend: 'base' }))).toEqual(['misspelt-key extend']);
    expect(issuesOf(() => readProfile({ ...base, extends: 'base', removes: [] }))).toEqual(['misspelt-key removes']);
  });

  it('a cycle, with the way round', () => {
    const profiles = { a: { extends: 'b' }, b: { extends: 'c' }, c: { extends: 'b' } };
    expect(issuesOf(() => extended(profiles, 'a'))).toEqual(['extends-cycle extends']);
    expect(() => extended(profiles, 'a')).toThrow(
      'c.json:2:13: extends: the profile extends itself: a.json → b.json → c.json → b.json',
    );
    expect(issuesOf(() => extended({ a: { extends: 'a' } }, 'a'))).toEqual(['extends-cycle extends']);
  });

  it('a chain past eight, also of profiles without a name', () => {
    const chain = (length: number) =>
      Object.fromEntries(
        Array.from({ length }, (_, i) => [`p${i}`, i + 1 === length ? base : { extends: `p${i + 1}` }]),
      );
    expect(rules(extended(chain(8), 'p0'))).toEqual(rules(readProfile(base)));
    expect(issuesOf(() => extended(chain(9), 'p0'))).toEqual(['extends-too-deep extends']);
    const endless = readProfile({ extends: 'again' });
    expect(issuesOf(() => extendProfile(endless, () => readProfile({ extends: 'again' })))).toEqual([
      'extends-too-deep extends',
    ]);
  });
});

describe('entries about some arguments', () => {
  const denyList = { defaultAction: ALLOW, syscalls: [{ ...deny('socket'), args: [eq(0, 38)] }, deny('bpf')] };

  it('stand beside those that forbid more than the default', () => {
    const own = { extends: 'base', syscalls: [{ ...deny('socket'), args: [eq(0, 40)] }] };
    expect(rules(extended({ base: denyList, own }))).toEqual(['ERRNO socket a0=38', 'ERRNO bpf', 'ERRNO socket a0=40']);
  });

  it('stand in the place of those that allow', () => {
    const given = { defaultAction: ERRNO, syscalls: [allow('socket'), { ...allow('clone'), args: [eq(0, 1)] }] };
    const own = {
      extends: 'base',
      syscalls: [
        { ...allow('socket'), args: [eq(0, 1)] },
        { ...allow('clone'), args: [eq(0, 2)] },
      ],
    };
    expect(rules(extended({ base: given, own }))).toEqual(['ALLOW socket a0=1', 'ALLOW clone a0=2']);
  });

  it('give way to one about all of them', () => {
    const own = { extends: 'base', syscalls: [allow('socket')] };
    expect(rules(extended({ base: denyList, own }))).toEqual(['ERRNO bpf', 'ALLOW socket']);
  });

  it('that deny, for a call the base allows, deny it whole and say so', () => {
    const own = { extends: 'base', syscalls: [{ ...deny('read'), args: [eq(0, 3)] }] };
    const profile = extended({ base, own });
    expect(rules(profile)).toEqual(['ALLOW write ptrace', 'ERRNO bpf', 'ERRNO read a0=3']);
    expect(profile.warnings).toMatchObject([{ code: 'override-denies', path: 'syscalls[0]' }]);
  });
});

describe('the base of a SeccompProfile', () => {
  const spo = (spec: object, name: string) => ({
    apiVersion: 'security-profiles-operator.x-k8s.io/v1beta1',
    kind: 'SeccompProfile',
    metadata: { name },
    spec,
  });
  const runc = spo(
    { defaultAction: ERRNO, architectures: ['SCMP_ARCH_X86'], syscalls: [allow('read', 'write')] },
    'runc',
  );

  it('is united with it, entry by entry, and nothing else of it counts', () => {
    const own = spo({ defaultAction: ERRNO, baseProfileName: 'runc', syscalls: [allow('write', 'openat')] }, 'own');
    const profile = extended({ runc, own });
    expect(rules(profile)).toEqual(['ALLOW read write', 'ALLOW write openat']);
    expect(profile.seccomp.architectures ?? []).toEqual([]);
  });

  it('must not give a call another action', () => {
    const own = spo({ defaultAction: ERRNO, baseProfileName: 'runc', syscalls: [deny('write')] }, 'own');
    expect(issuesOf(() => extended({ runc, own }))).toMatchObject([expect.stringMatching(/^union-conflict /)]);
  });
});

describe('flattening', () => {
  const CALLS = ['read', 'write', 'ptrace', 'bpf'];
  const arches = fc.uniqueArray(fc.constantFrom('amd64', 'arm64', 's390x'), { minLength: 1, maxLength: 2 });
  const caps = fc.uniqueArray(fc.constantFrom('CAP_BPF', 'CAP_KILL', 'CAP_SYS_ADMIN'), { maxLength: 2 });
  const minKernel = fc.constantFrom('4.8', '5.10', '6.1');
  const condition = fc.oneof(
    fc.constant({}),
    fc.record({ arches }),
    fc.record({ caps }),
    fc.record({ minKernel }),
    fc.record({ arches, caps, minKernel }, { requiredKeys: [] }),
  );
  const entries = fc.array(
    fc.record(
      {
        names: fc.uniqueArray(fc.constantFrom(...CALLS), { minLength: 1, maxLength: 3 }),
        action: fc.constantFrom(ALLOW, ERRNO, 'SCMP_ACT_LOG'),
        includes: condition,
        excludes: condition,
      },
      { requiredKeys: ['names', 'action'] },
    ),
    { minLength: 1, maxLength: 4 },
  );
  const target = fc.record({
    arch: fc.constantFrom('x86_64', 'aarch64', 's390x'),
    capabilities: fc.subarray(['CAP_BPF', 'CAP_KILL', 'CAP_SYS_ADMIN']),
    kernel: fc.constantFrom('4.4', '4.8', '5.4', '5.10', '6.0', '6.1', '6.12'),
  });

  it('decides as two layers would that are resolved apart', () => {
    const seen = { layered: 0 };
    fc.assert(
      fc.property(entries, entries, fc.array(target, { minLength: 4, maxLength: 12 }), (below, above, targets) => {
        const lower = readProfile({ defaultAction: ERRNO, syscalls: below });
        const upper = readProfile({ defaultAction: ERRNO, syscalls: above });
        const both = extendProfile(readProfile({ extends: 'lower', syscalls: above }), () => lower);
        for (const where of targets) {
          const options = { ...where, arch: parseArchitecture(where.arch) };
          // [name, action] in order, each name by itself: what splitting an entry must not change
          const pairs = (profile: ParsedProfile) =>
            resolvePolicy(profile, options).policy.rules.flatMap(({ names, action }) =>
              names.map(({ name }) => `${name} ${action.kind}`),
            );
          const top = pairs(upper);
          const decided = new Set(top.map((pair) => pair.split(' ')[0]));
          const bottom = pairs(lower).filter((pair) => !decided.has(pair.split(' ')[0]));
          if (bottom.length > 0 && top.length > 0) seen.layered++;
          for (const call of CALLS) {
            const about = (list: string[]) => list.filter((pair) => pair.startsWith(`${call} `));
            expect(about(pairs(both))).toEqual(about([...bottom, ...top]));
          }
        }
      }),
      { numRuns: 1500 },
    );
    expect(seen.layered).toBeGreaterThan(1000);
  });
});

describe("the operator's main branch", () => {
  const spo = (name: string, ...syscalls: object[]) => ({
    apiVersion: 'security-profiles-operator.x-k8s.io/v1beta1',
    kind: 'SeccompProfile',
    metadata: { name },
    spec: { defaultAction: 'SCMP_ACT_ERRNO', ...(name === 'own' ? { baseProfileName: 'base' } : {}), syscalls },
  });
  const of = (names: string, action: string, more: object = {}) => ({
    names: names.split(' '),
    action: `SCMP_ACT_${action}`,
    ...more,
  });
  const arg = (index: number, value: number) => ({ index, value, op: 'SCMP_CMP_EQ' });
  const unite = (base: object[], own: object[], operator: OperatorVersion = 'main-2026-06') => {
    const lower = readProfile(spo('base', ...base), { source: 'base.yaml' });
    return extendProfile(readProfile(spo('own', ...own), { source: 'own.yaml' }), () => lower, { operator });
  };
  const entriesOf = ({ seccomp }: ParsedProfile) =>
    (seccomp.syscalls ?? []).map(({ names, action, errnoRet, args }) => [
      names?.join(' '),
      `${action.slice(9)}${errnoRet ?? ''}`,
      (args ?? []).map(({ index, value }) => `${index}=${value}`).join(' '),
    ]);

  it('takes the less restrictive action for each name', () => {
    const united = unite(
      [of('ptrace kill', 'ALLOW'), of('mount', 'ERRNO', { errnoRet: 5 }), of('bpf', 'LOG')],
      [of('ptrace', 'KILL_PROCESS'), of('mount', 'ALLOW'), of('bpf', 'TRACE')],
    );
    expect(entriesOf(united)).toEqual([
      ['ptrace', 'ALLOW', ''],
      ['kill', 'ALLOW', ''],
      ['mount', 'ALLOW', ''],
      ['bpf', 'LOG', ''],
    ]);
    expect(united.warnings.map(({ code, source, path }) => `${code} ${source} ${path}`)).toEqual([
      'union-less-restrictive undefined spec.syscalls[0]',
      'union-less-restrictive undefined spec.syscalls[1]',
      'union-less-restrictive undefined spec.syscalls[2]',
    ]);
    expect(united.warnings[0]?.message).toMatch(
      /^ptrace: base\.yaml \(spec\.syscalls\[0\]\) has another action; .*SCMP_ACT_ALLOW$/,
    );
  });

  it('puts the conditions of both into one entry, and none where one has none', () => {
    const conditional = (...args: object[]) => of('kill', 'ALLOW', { args });
    const united = unite([conditional(arg(0, 1))], [conditional(arg(1, 9))]);
    expect(entriesOf(united)).toEqual([['kill', 'ALLOW', '0=1 1=9']]);
    expect(united.warnings).toMatchObject([{ code: 'union-joined-args', path: 'spec.syscalls[0]' }]);
    expect(united.locate('syscalls', 0, 'args', 1, 'value')).toMatchObject({ path: 'spec.syscalls[0].args[0].value' });
    expect(united.locate('syscalls', 0, 'args', 0)).toMatchObject({ source: 'base.yaml' });
    // The same condition is not there twice, and an entry without any opens the call.
    expect(entriesOf(unite([conditional(arg(0, 1))], [conditional(arg(0, 1))]))).toEqual([['kill', 'ALLOW', '0=1']]);
    expect(entriesOf(unite([conditional(arg(0, 1))], [of('kill', 'ALLOW')]))).toEqual([['kill', 'ALLOW', '']]);
    const joined = [conditional(arg(0, 1)), conditional(arg(1, 2)), of('kill', 'ALLOW')];
    expect(unite([], joined).warnings).toEqual([]);
  });

  it('keeps the first errno of equal actions', () => {
    const united = unite([of('mount', 'ERRNO', { errnoRet: 5 })], [of('mount', 'ERRNO', { errnoRet: 7 })]);
    expect(entriesOf(united)).toEqual([['mount', 'ERRNO5', '']]);
    const killed = unite([of('mount', 'KILL')], [of('mount', 'ERRNO', { errnoRet: 7 })]);
    expect(entriesOf(killed)).toEqual([['mount', 'ERRNO7', '']]);
  });

  it('1.0.0 keeps both entries, and is the default; others are none', () => {
    const base = [of('kill', 'ALLOW', { args: [arg(0, 1)] })];
    const own = [of('kill', 'ALLOW', { args: [arg(1, 9)] })];
    expect(entriesOf(unite(base, own, '1.0.0'))).toEqual([
      ['kill', 'ALLOW', '0=1'],
      ['kill', 'ALLOW', '1=9'],
    ]);
    expect(unite(base, own, undefined)).toBeDefined();
    expect(() => unite(base, own, 'toString' as OperatorVersion)).toThrow(InvalidArgumentError);
  });
});
