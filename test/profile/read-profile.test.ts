import { describe, expect, it } from 'vitest';
import { parseArchitecture } from '../../src/architecture.js';
import { InvalidArgumentError } from '../../src/errors.js';
import { ProfileError } from '../../src/profile/document/profile-error.js';
import { readProfile } from '../../src/profile/index.js';
import { resolvePolicy } from '../../src/profile/resolve/resolve-policy.js';
import fc from '../fast-check.js';

const X86_64 = parseArchitecture('x86_64');

function policyOf(profile: string | object) {
  return resolvePolicy(readProfile(profile), { arch: X86_64 }).policy;
}

function warningsOf(profile: string | object) {
  return readProfile(profile).warnings.map(({ code, path }) => `${code} ${path}`);
}

function issuesOf(profile: unknown) {
  try {
    readProfile(profile as object);
  } catch (error) {
    if (error instanceof ProfileError) return error.issues.map(({ code, path }) => `${code} ${path}`);
    throw error;
  }
  return [];
}

const ALLOW_READ = { names: ['read'], action: 'SCMP_ACT_ALLOW' };

describe('readProfile', () => {
  it.each([
    ['oci', { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [ALLOW_READ] }],
    ['oci', { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ ...ALLOW_READ, comment: 'why' }] }],
    ['oci-config', { ociVersion: '1.0.2', linux: { seccomp: { defaultAction: 'SCMP_ACT_ERRNO' } } }],
    ['oci-config', { linux: { seccomp: { defaultAction: 'SCMP_ACT_ERRNO' } } }],
    ['docker', { defaultAction: 'SCMP_ACT_ERRNO', archMap: [] }],
    ['docker', { defaultAction: 'SCMP_ACT_ERRNO', defaultErrno: 'ENOSYS' }],
    ['docker', { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ name: 'read', action: 'SCMP_ACT_ALLOW' }] }],
    ['docker', { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ ...ALLOW_READ, includes: {} }] }],
  ])('tells the format: %s', (format, profile) => {
    expect(readProfile(profile).format).toBe(format);
    expect(readProfile(JSON.stringify(profile)).format).toBe(format);
  });

  it('passes over the rest of a config.json, whatever is in it', () => {
    const config = {
      ociVersion: '1.0.2',
      process: { args: [1.5, null], capabilites: 'misspelt' },
      linux: { resources: { memory: { limit: 9e30 } }, seccomp: { defaultAction: 'SCMP_ACT_LOG' } },
    };
    expect(warningsOf(config)).toEqual([]);
    expect(policyOf(config)).toMatchObject({ defaultAction: { kind: 'LOG' }, rules: [] });
  });

  it('places a config.json’s values by their whole path', () => {
    const text = `{"linux": {"seccomp": {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
      ${JSON.stringify(ALLOW_READ)}]}}}`;
    expect(policyOf(text).rules[0]).toMatchObject({
      path: 'linux.seccomp.syscalls[0]',
      position: { line: 2, column: 7 },
      names: [{ name: 'read', position: { line: 2, column: 17 } }],
    });
  });

  it('takes text, bytes of any view, and objects', () => {
    const profile = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [ALLOW_READ] };
    const bytes = new TextEncoder().encode(JSON.stringify(profile));
    const padded = new Uint8Array(bytes.length + 8);
    padded.set(bytes, 8);
    const policies = [profile, JSON.stringify(profile), bytes, padded.subarray(8), new DataView(padded.buffer, 8)].map(
      (input) => policyOf(input),
    );
    for (const policy of policies) expect(policy.rules[0]!.names[0]!.name).toBe('read');
    expect(policies[0]!.rules[0]!.position).toBeUndefined();
  });

  it.each([undefined, null, 1, true, Symbol('x'), () => {}])('refuses %s as an argument', (input) => {
    expect(() => readProfile(input as never)).toThrow(InvalidArgumentError);
  });

  it('names the source in every line of the message', () => {
    const read = () => readProfile('{"defaultAction": 1,\n"flags": 2}', { source: 'dir/p.json' });
    expect(read).toThrow('dir/p.json:1:19: defaultAction: must be a string, not a number\ndir/p.json:2:10: flags: ');
    expect(() => readProfile({ defaultAction: 1 })).toThrow('profile: defaultAction: must be');
  });

  it('reports every issue, in the order of the text', () => {
    const text = `{"flags": [1], "syscalls": [{"names": ["a"], "action": "X", "arg": []}], "architectures": ["Y"]}`;
    expect(issuesOf(text)).toEqual([
      'missing-key defaultAction',
      'wrong-type flags[0]',
      'unknown-action syscalls[0].action',
      'misspelt-key syscalls[0].arg',
      'unknown-architecture architectures[0]',
    ]);
  });

  it('lists twenty issues and counts the others', () => {
    const syscalls = Array.from({ length: 50 }, (_, index) => ({ ...ALLOW_READ, action: `SCMP_ACT_${index}` }));
    expect(() => readProfile({ defaultAction: 'SCMP_ACT_LOG', syscalls })).toThrow(
      /syscalls\[19\]\.action: .*"SCMP_ACT_19".*\nprofile: and 30 more$/,
    );
  });

  it('says the same issue once, with a count', () => {
    const names = Array.from({ length: 50 }, () => 1);
    expect(() => readProfile({ defaultAction: 'SCMP_ACT_LOG', syscalls: [{ ...ALLOW_READ, names }] })).toThrow(
      /^profile: syscalls\[0\]\.names\[0\]: must be a string, not a number \(50 times, also at .* and 46 more\)$/,
    );
  });
});

describe('objects', () => {
  const withValue = (value: unknown) => ({
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [{ ...ALLOW_READ, args: [{ index: 0, value, op: 'SCMP_CMP_EQ' }] }],
  });

  it('take bigint and safe numbers, and no others', () => {
    expect(policyOf(withValue(2n ** 64n - 1n)).rules[0]!.conditions[0]!.value).toBe(2n ** 64n - 1n);
    expect(policyOf(withValue(Number.MAX_SAFE_INTEGER)).rules[0]!.conditions[0]!.value).toBe(2n ** 53n - 1n);
    expect(issuesOf(withValue(2 ** 53))).toEqual(['precision-lost syscalls[0].args[0].value']);
    expect(issuesOf(withValue(2 ** 64))).toEqual(['precision-lost syscalls[0].args[0].value']);
    expect(issuesOf(withValue(1.5))).toEqual(['not-an-integer syscalls[0].args[0].value']);
    expect(issuesOf(withValue(Number.NaN))).toEqual(['not-an-integer syscalls[0].args[0].value']);
    expect(issuesOf(withValue(Number.POSITIVE_INFINITY))).toEqual(['not-an-integer syscalls[0].args[0].value']);
    expect(issuesOf(withValue(undefined))).toEqual(['missing-key syscalls[0].args[0].value']);
  });

  it('may not contain what JSON cannot say, nor themselves', () => {
    expect(issuesOf({ defaultAction: 'SCMP_ACT_ERRNO', flags: [undefined] })).toEqual(['wrong-type flags[0]']);
    expect(issuesOf({ defaultAction: 'SCMP_ACT_ERRNO', comment: () => {} })).toEqual(['wrong-type comment']);
    const circular: Record<string, unknown> = { defaultAction: 'SCMP_ACT_ERRNO' };
    circular.self = circular;
    expect(issuesOf(circular)[0]).toMatch(/^nesting-too-deep self\.self\./);
  });

  it('may have as many values as text may', () => {
    expect(issuesOf({ defaultAction: 'SCMP_ACT_LOG', flags: Array(70_000).fill(1) })).toEqual(['input-too-large ']);
    expect(issuesOf({ defaultAction: 'SCMP_ACT_LOG', flags: Array(65_000).fill(1) })).toHaveLength(65_000);
  });

  it('are read by their own keys: a prototype gives nothing', () => {
    const inherited = Object.create({ defaultAction: 'SCMP_ACT_ALLOW' });
    expect(issuesOf(inherited)).toEqual(['unknown-format ']);
  });
});

describe('keys that mean nothing', () => {
  const profile = { defaultAction: 'SCMP_ACT_ERRNO' };
  const entry = (keys: object) => ({ ...profile, syscalls: [{ ...ALLOW_READ, ...keys }] });

  it.each([
    { ...profile, _comment: ['a'], $schema: 'x', 'x-team': 1, '//': 'b', description: 'c' },
    entry({ comment: 'a', _security_note: 'b', notes: 'c', reason: 'd' }),
  ])('pass where they are comments (%#)', (input) => {
    expect(warningsOf(input)).toEqual([]);
  });

  it('warn where they are neither comment nor near miss', () => {
    expect(warningsOf({ ...profile, downloadedFrom: 'x' })).toEqual(['unknown-key downloadedFrom']);
    expect(warningsOf(entry({ severity: 1 }))).toEqual(['unknown-key syscalls[0].severity']);
    const warning = readProfile('{"defaultAction": "SCMP_ACT_LOG",\n "owner": 1}').warnings[0];
    expect(warning).toMatchObject({ code: 'unknown-key', path: 'owner', position: { line: 2, column: 2 } });
  });

  it.each(['defaultaction', 'syscall', 'sysCalls', 'archmap', 'architecture', 'flag', '_syscalls'])(
    'are errors where they look like a key of the profile: %s',
    (key) => {
      expect(issuesOf({ ...profile, [key]: [] })).toContain(`misspelt-key ${key}`);
    },
  );

  it.each(['arg', 'Args', 'exclude', 'inclúdes', 'errnoret', 'errNo', 'acton', 'nmaes'])(
    'are errors where they look like a key of an entry: %s',
    (key) => {
      expect(issuesOf(entry({ [key]: [] })).some((issue) => issue.startsWith('misspelt-key'))).toBe(true);
    },
  );

  it('are none for Docker’s keys in a config.json, which are read and warned about: runtimes do not see them', () => {
    const config = (keys: object) => readProfile({ linux: { seccomp: entry(keys) } });
    const warnings = (parsed: ReturnType<typeof readProfile>) =>
      parsed.warnings.map(({ code, path }) => `${code} ${path}`);
    const conditional = config({ includes: { caps: ['CAP_BPF'] } });
    expect(warnings(conditional)).toEqual(['foreign-key linux.seccomp.syscalls[0].includes']);
    const rules = (capabilities: string[]) =>
      resolvePolicy(conditional, { arch: parseArchitecture('x86_64'), capabilities }).policy.rules.length;
    expect([rules([]), rules(['CAP_BPF'])]).toEqual([0, 1]);
    const mapped = readProfile({ linux: { seccomp: { ...profile, archMap: [{ architecture: 'SCMP_ARCH_X86' }] } } });
    expect(warnings(mapped)).toEqual(['foreign-key linux.seccomp.archMap']);
    expect(config({ includes: {}, excludes: null, comment: 'a' }).warnings).toEqual([]);
  });
});

describe('resolvePolicy of OCI’s format', () => {
  it.each([
    ['SCMP_ACT_KILL', { kind: 'KILL_THREAD' }],
    ['SCMP_ACT_KILL_THREAD', { kind: 'KILL_THREAD' }],
    ['SCMP_ACT_KILL_PROCESS', { kind: 'KILL_PROCESS' }],
    ['SCMP_ACT_TRAP', { kind: 'TRAP' }],
    ['SCMP_ACT_ERRNO', { kind: 'ERRNO', data: 1 }],
    ['SCMP_ACT_TRACE', { kind: 'TRACE', data: 1 }],
    ['SCMP_ACT_ALLOW', { kind: 'ALLOW' }],
    ['SCMP_ACT_LOG', { kind: 'LOG' }],
  ])('gives %s', (name, action) => {
    expect(policyOf({ defaultAction: name }).defaultAction).toEqual(action);
    const { rules } = policyOf({ defaultAction: 'SCMP_ACT_KILL', syscalls: [{ names: ['read'], action: name }] });
    expect(rules[0]!.action).toEqual(action);
  });

  it('gives NOTIFY in entries', () => {
    const { rules } = policyOf({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['mount'], action: 'SCMP_ACT_NOTIFY' }],
    });
    expect(rules[0]!.action).toEqual({ kind: 'NOTIFY' });
  });

  it('takes errno 0, and the largest of ERRNO and TRACE', () => {
    const data = (action: string, errnoRet: number) =>
      policyOf({ defaultAction: 'SCMP_ACT_LOG', syscalls: [{ names: ['a'], action, errnoRet }] }).rules[0]!.action;
    expect(data('SCMP_ACT_ERRNO', 0)).toEqual({ kind: 'ERRNO', data: 0 });
    expect(data('SCMP_ACT_ERRNO', 4094)).toEqual({ kind: 'ERRNO', data: 4094 });
    expect(data('SCMP_ACT_TRACE', 65535)).toEqual({ kind: 'TRACE', data: 65535 });
    expect(policyOf({ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 38 }).defaultAction).toEqual({
      kind: 'ERRNO',
      data: 38,
    });
  });

  it('takes every operator, and values to 2^64-1', () => {
    const ops = ['NE', 'LT', 'LE', 'EQ', 'GE', 'GT', 'MASKED_EQ'];
    const text = `{"defaultAction": "SCMP_ACT_LOG", "syscalls": [{"names": ["a"], "action": "SCMP_ACT_ALLOW", "args": [
      ${ops.map((op) => `{"index": 5, "value": 18446744073709551615, "op": "SCMP_CMP_${op}"}`)},
      {"index": 0, "value": 9007199254740993, "valueTwo": 18446744073709551614, "op": "SCMP_CMP_MASKED_EQ"}]}]}`;
    const { conditions } = policyOf(text).rules[0]!;
    expect(conditions.slice(0, -1)).toEqual(ops.map((op) => ({ index: 5, op, value: 2n ** 64n - 1n, valueTwo: 0n })));
    expect(conditions.at(-1)).toEqual({ index: 0, op: 'MASKED_EQ', value: 2n ** 53n + 1n, valueTwo: 2n ** 64n - 2n });
  });

  it('takes every architecture of the specification, and SCMP_ARCH_NATIVE as the target', () => {
    const spec = `X86 X86_64 X32 ARM AARCH64 MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PPC PPC64 PPC64LE S390
      S390X PARISC PARISC64 RISCV64 LOONGARCH64 NATIVE`.split(/\s+/);
    const names = spec.map((name) => `SCMP_ARCH_${name}`);
    const { architectures } = policyOf({ defaultAction: 'SCMP_ACT_LOG', architectures: names });
    expect(architectures.map(({ architecture }) => architecture.ociName)).toEqual([
      ...names.slice(0, -1),
      'SCMP_ARCH_X86_64',
    ]);
    expect(architectures[2]).toMatchObject({ path: 'architectures[2]' });
  });

  it('takes every flag, each once', () => {
    const flags = ['TSYNC', 'LOG', 'SPEC_ALLOW', 'WAIT_KILLABLE_RECV', 'LOG'].map((f) => `SECCOMP_FILTER_FLAG_${f}`);
    expect(policyOf({ defaultAction: 'SCMP_ACT_LOG', flags }).flags).toEqual(flags.slice(0, 4));
  });

  it('passes rules through as they are: repeated indexes, the default’s action, unknown names', () => {
    const args = [1, 2].map((value) => ({ index: 0, value, op: 'SCMP_CMP_NE' }));
    const { rules } = policyOf({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['nonesuch', 'nonesuch'], action: 'SCMP_ACT_ALLOW', args }],
    });
    expect(rules).toHaveLength(1);
    expect(rules[0]!.names.map(({ name }) => name)).toEqual(['nonesuch', 'nonesuch']);
    expect(rules[0]!.conditions.map(({ value }) => value)).toEqual([1n, 2n]);
  });

  it('takes null for a key that is not there, where one may be left out', () => {
    const policy = policyOf({
      defaultAction: 'SCMP_ACT_ERRNO',
      defaultErrnoRet: null,
      architectures: null,
      flags: null,
      listenerPath: null,
      syscalls: [{ ...ALLOW_READ, args: null, errnoRet: null }],
    });
    expect(policy).toMatchObject({ architectures: [], flags: undefined, listenerPath: undefined });
    expect(policy.rules[0]!.conditions).toEqual([]);
    expect(policyOf({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: null }).rules).toEqual([]);
  });

  it('warns of what has no effect', () => {
    expect(
      warningsOf({
        defaultAction: 'SCMP_ACT_ALLOW',
        defaultErrnoRet: 1,
        syscalls: [
          { names: ['read'], action: 'SCMP_ACT_KILL', errnoRet: 99999 },
          { names: ['mount'], action: 'SCMP_ACT_TRAP', errno: 'EPERM' },
        ],
      }),
    ).toEqual([
      'errno-ret-ignored defaultErrnoRet',
      'errno-ret-ignored syscalls[0].errnoRet',
      'errno-ret-ignored syscalls[1].errno',
    ]);
    expect(warningsOf({ defaultAction: 'SCMP_ACT_ALLOW', listenerPath: '/x', listenerMetadata: 'm' })).toEqual([
      'listener-path-unused listenerPath',
    ]);
    expect(warningsOf({ defaultAction: 'SCMP_ACT_ALLOW', listenerMetadata: 'm' })).toEqual([
      'listener-metadata-unused listenerMetadata',
    ]);
  });

  it('hands the listener on', () => {
    const profile = {
      defaultAction: 'SCMP_ACT_ALLOW',
      listenerPath: '/run/agent',
      listenerMetadata: 'm',
      syscalls: [{ names: ['mount'], action: 'SCMP_ACT_NOTIFY' }],
    };
    expect(warningsOf(profile)).toEqual([]);
    expect(policyOf(profile)).toMatchObject({ listenerPath: '/run/agent', listenerMetadata: 'm' });
    expect(policyOf({ ...profile, archMap: [] })).toMatchObject({ listenerPath: '/run/agent', listenerMetadata: 'm' });
  });
});

describe('properties', () => {
  const actions = fc.constantFrom(
    'SCMP_ACT_ALLOW',
    'SCMP_ACT_ERRNO',
    'SCMP_ACT_TRACE',
    'SCMP_ACT_NOTIFY',
    'nope',
    1,
    null,
  );
  const numbers = fc.oneof(fc.bigInt(), fc.integer(), fc.double(), fc.string());
  const args = fc.array(
    fc.record(
      { index: numbers, value: numbers, valueTwo: numbers, op: fc.constantFrom('SCMP_CMP_EQ', 'EQ') },
      { requiredKeys: [] },
    ),
  );
  const entries = fc.array(
    fc.record(
      {
        names: fc.array(fc.string()),
        name: fc.string(),
        action: actions,
        args,
        errnoRet: numbers,
        includes: fc.jsonValue(),
      },
      { requiredKeys: [] },
    ),
  );
  const profiles = fc.record(
    {
      defaultAction: actions,
      defaultErrnoRet: numbers,
      defaultErrno: fc.string(),
      architectures: fc.jsonValue(),
      archMap: fc.jsonValue(),
      flags: fc.jsonValue(),
      syscalls: fc.oneof(entries, fc.jsonValue()),
    },
    { requiredKeys: [] },
  );

  it('any JSON at all is read or refused by a ProfileError', () => {
    const inputs = fc.oneof(
      fc.json(),
      fc.json().map((json) => `{"linux":{"seccomp":${json}}}`),
      fc.json().map((json) => `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":${json}}`),
      fc.json().map((json) => `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[${json}],"archMap":${json}}`),
    );
    fc.assert(
      fc.property(inputs, (text) => {
        expect(() => issuesOf(text)).not.toThrow();
      }),
      { numRuns: 300 },
    );
  });

  it('any object of a profile’s shape is read or refused by a ProfileError', () => {
    fc.assert(
      fc.property(profiles, (profile) => {
        expect(() => issuesOf(profile)).not.toThrow();
      }),
      { numRuns: 300 },
    );
  });

  it('integers survive exactly', () => {
    const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    fc.assert(
      fc.property(uint64, uint64, fc.integer({ min: 0, max: 4094 }), (value, valueTwo, errno) => {
        const text = `{"defaultAction": "SCMP_ACT_LOG", "syscalls": [{"names": ["a"], "action": "SCMP_ACT_ERRNO",
          "errnoRet": ${errno}, "args": [{"index": 1, "value": ${value}, "valueTwo": ${valueTwo}, "op": "SCMP_CMP_EQ"}]}]}`;
        const [rule] = policyOf(text).rules;
        expect(rule!.conditions).toEqual([{ index: 1, op: 'EQ', value, valueTwo }]);
        expect(rule!.action).toEqual({ kind: 'ERRNO', data: errno });
      }),
    );
  });
});
