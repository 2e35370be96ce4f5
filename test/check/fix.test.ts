import { describe, expect, it } from 'vitest';
import { Document, parse as parseYaml, visit } from 'yaml';
import { DiagramStore } from '../../src/bpf/decisions/diagram-store.js';
import { buildDecisionDiagram, simulate } from '../../src/bpf/index.js';
import { fixProfile } from '../../src/check/index.js';
import { decidesNoMorePermissively } from '../../src/check/no-more-permissive.js';
import { type CompiledFilter, compileProfileSync } from '../../src/compiler/index.js';
import { readProfile } from '../../src/profile/index.js';
import { AUDIT_ARCH_X86_64, seccompData } from '../bpf/programs.js';
import fc from '../fast-check.js';
import { allow, allowList, args, check, deny, denyList, libseccomp, type Options } from './profiles.js';

const compile = (profile: object | string) => compileProfileSync(profile, { arch: 'x86_64', verify: false });

function fix(text: string, options: Options = {}) {
  const read = (each: string) => readProfile(each, { source: 'profile.json' });
  return fixProfile(text, read, { targets: ['x86_64'], ...options, libseccomp });
}

function isNoMorePermissive(filter: CompiledFilter, than: CompiledFilter): boolean {
  const store = new DiagramStore();
  const rootOf = (each: CompiledFilter) => buildDecisionDiagram(each, { store }).root;
  return decidesNoMorePermissively(store, rootOf(filter), rootOf(than));
}

describe('decidesNoMorePermissively', () => {
  const some = denyList(deny('kill', args([1, 'EQ', 9])));
  const more = denyList(deny('kill', args([1, 'MASKED_EQ', 0xffffffff, 9])));

  it('is true of the same and of a stricter program', () => {
    expect(isNoMorePermissive(compile(some), compile(some))).toBe(true);
    expect(isNoMorePermissive(compile(more), compile(some))).toBe(true);
  });

  it('is false of a weaker one, by a single value of one argument', () => {
    expect(isNoMorePermissive(compile(some), compile(more))).toBe(false);
    expect(isNoMorePermissive(compile(denyList()), compile(some))).toBe(false);
    expect(
      isNoMorePermissive(compile({ ...some, defaultAction: 'SCMP_ACT_ALLOW', architectures: [] }), compile(some)),
    ).toBe(true);
  });

  it('takes a stricter action, and no other errno', () => {
    const other = denyList(deny('kill', { ...args([1, 'EQ', 9]), errnoRet: 38 }));
    const killing = denyList({ names: ['kill'], action: 'SCMP_ACT_KILL_PROCESS', ...args([1, 'EQ', 9]) });
    expect(isNoMorePermissive(compile(other), compile(some))).toBe(false);
    expect(isNoMorePermissive(compile(killing), compile(some))).toBe(true);
    expect(isNoMorePermissive(compile(some), compile(killing))).toBe(false);
  });
});

describe('fixProfile', () => {
  it('fixes in place and leaves the layout alone', async () => {
    const text = `\uFEFF{
\t"defaultAction":"SCMP_ACT_ALLOW",\r
    "architectures" : ["SCMP_ARCH_X86_64"],
  "syscalls": [
    { "name": "socket" , "action": "SCMP_ACT_ERRNO", "args": [ {"index":0 , "op": "SCMP_CMP_EQ", "value" : 16} ] },
    {
      "names": ["kill"],
      "comment": "{ \\"name\\": 1 }",
      "action": "SCMP_ACT_ERRNO"
    }
  ]
}
`;
    const { text: fixedText, fixed } = await fix(text);
    expect(fixedText).toBe(`{
\t"defaultAction":"SCMP_ACT_ALLOW",\r
    "architectures" : ["SCMP_ARCH_X86_64"],
  "syscalls": [
    { "names": ["socket"] , "action": "SCMP_ACT_ERRNO", "args": [ {"index":0 , "op": "SCMP_CMP_MASKED_EQ", "value" : 4294967295, "valueTwo" : 16} ], "errnoRet": 1 },
    {
      "names": ["kill"],
      "comment": "{ \\"name\\": 1 }",
      "action": "SCMP_ACT_ERRNO",
      "errnoRet": 1
    }
  ]
}
`);
    expect(fixed.map(({ id }) => id).sort()).toEqual([
      'byte-order-mark',
      'deprecated-name',
      'errno-missing',
      'wide-comparison',
    ]);
    expect(await fix(fixedText)).toMatchObject({ text: fixedText, fixed: [] });
  });

  it('takes a byte order mark away, beside other fixes', async () => {
    const text =
      '\uFEFF{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["kill"], "action": "SCMP_ACT_ERRNO"}]}';
    const { text: fixedText, fixed } = await fix(text);
    expect(fixedText).toBe(
      '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["kill"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}]}',
    );
    expect(fixed.map(({ id }) => id).sort()).toEqual(['byte-order-mark', 'errno-missing']);
  });

  it('leaves alone what has no safe fix: NE, an allowance, arguments that calls read differently', async () => {
    const profiles = [
      allowList(allow('socket', args([2, 'NE', 9]))),
      denyList(deny('socket', args([0, 'LT', 2]))),
      denyList(deny('madvise munmap', args([1, 'EQ', 4096]))),
      denyList(deny('socket chmod', args([1, 'EQ', 2]))),
    ];
    for (const profile of profiles) {
      const text = JSON.stringify(profile);
      expect((await fix(text)).text).toBe(text);
    }
  });

  it('makes no fix after which there is no filter, and makes the others', async () => {
    // The fixed condition would be the second entry's, with another errno: libseccomp refuses that.
    const { architectures: _, ...profile } = denyList(
      deny('socket', args([0, 'EQ', 16])),
      deny('socket', { ...args([0, 'MASKED_EQ', 0xffffffff, 16]), errnoRet: 22 }),
      { names: ['kill'], action: 'SCMP_ACT_ERRNO' },
    );
    const { text, fixed } = await fix(JSON.stringify(profile));
    expect(fixed.map(({ id }) => id)).toEqual(['errno-missing']);
    expect(JSON.parse(text).syscalls[1]).toEqual(profile.syscalls[1]);
  });

  it.each([
    ['TRACE', { action: 'SCMP_ACT_TRACE', errnoRet: 7 }, { action: 'SCMP_ACT_TRACE', errnoRet: 9 }],
    ['ERRNO', { action: 'SCMP_ACT_ERRNO', errnoRet: 7 }, { action: 'SCMP_ACT_ERRNO', errnoRet: 9 }],
  ])('gives no call another datum of %s where fixes make entries overlap', async (_, first, second) => {
    const profile = {
      ...denyList(),
      architectures: ['SCMP_ARCH_X86_64'],
      syscalls: [
        { names: ['semctl'], ...first, args: [{ index: 0, value: 21, op: 'SCMP_CMP_EQ' }] },
        { names: ['semctl'], ...second, args: [{ index: 1, value: 150, op: 'SCMP_CMP_EQ' }] },
      ],
    };
    const { text, fixed, report } = await fix(JSON.stringify(profile));
    const calls = [21n, 2n ** 32n + 21n, 0n].flatMap((a) => [150n, 2n ** 32n + 150n, 0n].map((b) => [a, b] as const));
    for (const [a, b] of calls) {
      const [before, after] = [JSON.stringify(profile), text].map(
        (each) =>
          simulate(compile(each), seccompData({ arch: AUDIT_ARCH_X86_64, nr: 66, args: [a, b, 0n, 0n, 0n, 0n] }))
            .action,
      );
      if (before?.kind !== 'ALLOW') expect(after).toEqual(before);
    }
    // What is not fixed is still reported.
    expect([...fixed, ...report.findings].filter(({ id }) => id === 'wide-comparison')).toHaveLength(2);
  });

  it('compares with the rules where libseccomp makes a wrong program of them', async () => {
    const semctl = [
      { names: ['semctl'], action: 'SCMP_ACT_TRACE', errnoRet: 7, ...args([0, 'EQ', 21]) },
      { names: ['semctl'], action: 'SCMP_ACT_TRACE', errnoRet: 9, ...args([1, 'EQ', 150]) },
    ];
    // What 2.6.0 makes of these two is wrong for 6.
    const mistaken = [deny('read', args([2, 'LT', 0x100000000])), deny('read', args([2, 'LE', 5]))];
    const profile = (syscalls: readonly object[]) => JSON.stringify({ ...denyList(), syscalls });
    expect(() => compileProfileSync(profile(mistaken), { arch: 'x86_64', libseccomp })).toThrow(/read/);
    const [alone, beside] = [await fix(profile(semctl)), await fix(profile([...semctl, ...mistaken]))];
    expect(JSON.parse(beside.text).syscalls.slice(0, 2)).toEqual(JSON.parse(alone.text).syscalls);
    expect(alone.fixed.length).toBeLessThan(2);
  });

  it('writes no key of OCI into a format whose keys are others', async () => {
    const seccompiler = (type: string) =>
      JSON.stringify({
        main: {
          mismatch_action: 'trap',
          match_action: 'allow',
          filter: [{ syscall: 'socket', args: [{ index: 0, type, op: 'eq', val: 16 }] }],
        },
      });
    const { text } = await fix(seccompiler('qword'));
    expect([seccompiler('qword'), seccompiler('dword')]).toContain(text);
  });

  it('passes nothing that the profile stopped, finds nothing more to fix, and keeps every other value', async () => {
    const syscall = fc.constantFrom('socket', 'kill', 'ioctl', 'madvise', 'personality', 'chmod', 'lseek');
    const condition = fc.record({
      index: fc.integer({ min: 0, max: 3 }),
      op: fc.constantFrom('EQ', 'NE', 'LT', 'GE', 'MASKED_EQ').map((op) => `SCMP_CMP_${op}`),
      value: fc.constantFrom(0, 1, 9, 0xffff, 0xffffffff, 2 ** 32, 2 ** 40 + 9),
      valueTwo: fc.option(fc.constantFrom(0, 1, 9, 2 ** 32 + 1), { nil: undefined }),
    });
    const entry = fc.record({
      names: fc.uniqueArray(syscall, { minLength: 1, maxLength: 2 }),
      action: fc.constantFrom('SCMP_ACT_ERRNO', 'SCMP_ACT_ALLOW', 'SCMP_ACT_KILL_PROCESS'),
      args: fc.uniqueArray(condition, { maxLength: 2, selector: ({ index }) => index }),
    });
    const profile = fc.record({
      defaultAction: fc.constantFrom('SCMP_ACT_ALLOW', 'SCMP_ACT_ERRNO', 'SCMP_ACT_LOG'),
      architectures: fc.constantFrom(['SCMP_ARCH_X86_64'], ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86']),
      syscalls: fc.array(entry, { maxLength: 3 }),
    });
    let fixes = 0;
    await fc.assert(
      fc.asyncProperty(profile, fc.constantFrom(undefined, 2, '\t'), async (written, indent) => {
        const text = JSON.stringify(written, null, indent);
        const { text: fixedText, fixed } = await fix(text);
        fixes += fixed.length;
        expect((await fix(fixedText)).fixed).toEqual([]);
        const before = tryToCompile(text);
        if (before) expect(isNoMorePermissive(compile(fixedText), before)).toBe(true);
      }),
      { numRuns: 150 },
    );
    expect(fixes).toBeGreaterThan(50);
  });
});

/** What the profile says: no program where libseccomp's differs, since no fix can be compared with that. */
function tryToCompile(text: string) {
  try {
    return compileProfileSync(text, { arch: 'x86_64' });
  } catch {
    return undefined;
  }
}

describe('"not equal" of an address family', () => {
  const family = (value: number) => allow('socket', args([0, 'NE', value]));
  const profile = (value: number) => JSON.stringify(allowList(family(value)), null, 2);
  const decisionOf = (filter: CompiledFilter, domain: bigint) =>
    simulate(filter, seccompData({ arch: AUDIT_ARCH_X86_64, nr: 41, args: [domain, 0n, 0n, 0n, 0n, 0n] })).action.kind;

  it.each([0, 16, 38, 40, 45])(
    '%d: entries under masks allow all other families, whatever is above the bits that count',
    async (value) => {
      const { fixed, text, report } = await fix(profile(value));
      expect(fixed.map(({ id }) => id)).toContain('wide-comparison');
      expect(report.findings.map(({ id }) => id)).not.toContain('wide-comparison');
      const filter = compile(text);
      for (let domain = 0n; domain < 64n; domain++) {
        const expected = domain === BigInt(value) ? 'ERRNO' : 'ALLOW';
        expect(decisionOf(filter, domain), String(domain)).toBe(expected);
        expect(decisionOf(filter, domain | (1n << 40n)), String(domain)).toBe(expected);
      }
      expect(decisionOf(filter, 64n)).toBe('ERRNO');
    },
  );

  it('has the conditions in the advice, laid out as the profile is', async () => {
    const [finding] = check(profile(40), { targets: ['x86_64'] }).findings.filter(({ id }) => id === 'wide-comparison');
    expect(finding!.advice).toContain('write the entry 6 times');
    expect(finding!.advice).toContain('value 0xffffffe0 (the mask), valueTwo 0;');
    const { text } = await fix(profile(40));
    expect(JSON.stringify(JSON.parse(text), null, 2)).toBe(text);
  });

  it('of other arguments is left to the author: their values are not counted', async () => {
    const { fixed, report } = await fix(JSON.stringify(allowList(allow('socket', args([2, 'NE', 9])))));
    expect(fixed.map(({ id }) => id)).not.toContain('wide-comparison');
    expect(report.findings.find(({ id }) => id === 'wide-comparison')!.advice).toContain(
      'allow the values that are wanted',
    );
  });
});

describe('of YAML', () => {
  /** The value that a fixed text has. */
  const writtenIn = (text: string) => JSON.parse(JSON.stringify(parseYaml(text)));
  const name = fc.constantFrom('socket', 'kill', 'ioctl', 'personality', 'dup3');
  const condition = fc.record({
    index: fc.constantFrom(0, 1),
    value: fc.constantFrom(16, 9, 4294967295),
    op: fc.constantFrom('SCMP_CMP_EQ', 'SCMP_CMP_NE'),
  });
  const entry = fc.record(
    {
      names: fc.uniqueArray(name, { minLength: 1, maxLength: 2 }),
      action: fc.constantFrom('SCMP_ACT_ERRNO', 'SCMP_ACT_ALLOW', 'SCMP_ACT_KILL_PROCESS'),
      args: fc.array(condition, { minLength: 1, maxLength: 1 }),
      comment: fc.constantFrom('a: {b}, # c', 'it is "so"', "don't"),
    },
    { requiredKeys: ['names', 'action'] },
  );
  const profile = fc.record({
    defaultAction: fc.constantFrom('SCMP_ACT_ERRNO', 'SCMP_ACT_ALLOW'),
    syscalls: fc.array(entry, { minLength: 1, maxLength: 3 }),
  });

  it('the same is fixed as in JSON, however it is laid out, and the rest is left', async () => {
    const layout = fc.record({
      indentSeq: fc.boolean(),
      indent: fc.constantFrom(2, 4),
      collectionStyle: fc.constantFrom('block' as const, 'any' as const),
      flowCollectionPadding: fc.boolean(),
      isCrlf: fc.boolean(),
      isWithin: fc.boolean(),
    });
    const property = fc.asyncProperty(profile, layout, async (value, { isCrlf, isWithin, ...style }) => {
      const wanted = await fix(JSON.stringify(value));
      const document = new Document(
        isWithin ? { ociVersion: '1.3.0', linux: { seccomp: value }, hostname: 'x' } : value,
      );
      if (style.collectionStyle === 'any') {
        visit(document, {
          Map(at, node) {
            node.flow = at === 0;
          },
        });
      }
      const lines = document.toString({ ...style, lineWidth: 0 }).replaceAll(/\bindex: \d+$/gm, '$& # which');
      const text = isCrlf ? lines.replaceAll('\n', '\r\n') : lines;
      const made = await fix(text);
      const found = writtenIn(made.text);
      expect(isWithin ? found.linux.seccomp : found, made.text).toEqual(JSON.parse(wanted.text));
      expect(made.fixed.map(({ id }) => id)).toEqual(wanted.fixed.map(({ id }) => id));
      expect(made.text.match(/# which/g)?.length ?? 0).toBeGreaterThanOrEqual(text.match(/# which/g)?.length ?? 0);
      expect(/(?<!\r)\n/.test(made.text)).toBe(!isCrlf);
    });
    await fc.assert(property, { numRuns: 60 });
  });

  it('is of the operator too, comments and all', async () => {
    const text = [
      '# ours',
      'apiVersion: security-profiles-operator.x-k8s.io/v1beta1',
      'kind: SeccompProfile',
      'metadata: { name: web }',
      'spec:',
      '  defaultAction: SCMP_ACT_ALLOW # open',
      '  syscalls:',
      '  - action: SCMP_ACT_ERRNO # no sockets',
      '    names: [socket]',
      '    args:',
      '    - { index: 0, value: 40, op: SCMP_CMP_EQ }',
      '',
    ].join('\n');
    const { text: fixedText } = await fix(text);
    expect(fixedText.split('\n').slice(7)).toEqual([
      '  - action: SCMP_ACT_ERRNO # no sockets',
      '    errnoRet: 1',
      '    names: [socket]',
      '    args:',
      '    - { index: 0, value: 4294967295, op: SCMP_CMP_MASKED_EQ, valueTwo: 40 }',
      '',
    ]);
  });
});
