import { describe, expect, it } from 'vitest';
import { simulate } from '../../src/bpf/index.js';
import { fixProfile } from '../../src/check/index.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import { readProfile } from '../../src/profile/index.js';
import { AUDIT_ARCH_X86_64, seccompData } from '../bpf/programs.js';
import fc from '../fast-check.js';
import { libseccomp } from './profiles.js';

type From = NonNullable<Parameters<typeof readProfile>[1]>['format'];

const reader = (from: From) => (text: string) => readProfile(text, { source: 'profile', format: from });
const fix = (from: From, text: string) => fixProfile(text, reader(from), { targets: ['x86_64'], libseccomp });

const SOCKET = 41;

/** What a text decides on socket(2) with these registers. */
function decisions(from: From, text: string): (...args: readonly bigint[]) => unknown {
  const filter = compileProfileSync(reader(from)(text), { arch: 'x86_64', verify: false });
  return (domain = 0n, type = 0n) =>
    simulate(filter, seccompData({ arch: AUDIT_ARCH_X86_64, nr: SOCKET, args: [domain, type, 0n, 0n, 0n, 0n] })).action;
}

/** A comparison of socket's domain in 64 bits, as each language writes it; what is before and after stays. */
const CASES: readonly [name: string, from: From, before: string, after: string][] = [
  [
    'list, by the name of the argument',
    'list',
    'default allow\nsocket(arg0:64 == AF_NETLINK && type == 3), ptrace -> errno EPERM # a note\n',
    'default allow\nsocket(domain == AF_NETLINK && type == 3), ptrace -> errno EPERM # a note\n',
  ],
  [
    'list, what allows any other value',
    'list',
    'default errno EPERM\nallow socket(arg0:64 != 16)\nallow read\n',
    'default errno EPERM\nallow socket(domain != 16)\nallow read\n',
  ],
  [
    'kafel, under a mask',
    'kafel',
    'POLICY a { ERRNO(1) { socket(dom, typ) { dom == 16 /* dom */ && typ == 3 } } } USE a DEFAULT ALLOW\n',
    'POLICY a { ERRNO(1) { socket(dom, typ) { (dom & 0xffffffff) == 16 /* dom */ && (typ & 0xffffffff) == 3 } } } USE a DEFAULT ALLOW\n',
  ],
  [
    'kafel in a configuration of nsjail',
    'nsjail',
    'name: "x"\nseccomp_string: "ERRNO(1) { socket(a) {"\nseccomp_string: "a == 16 } } DEFAULT ALLOW"\n',
    'name: "x"\nseccomp_string: "ERRNO(1) { socket(a) {"\nseccomp_string: "(a & 0xffffffff) == 16 } } DEFAULT ALLOW"\n',
  ],
  [
    'LXC, by its operator',
    'lxc',
    '2\ndenylist\n[all]\nsocket errno 1 [0,16,==][1,3,SCMP_CMP_EQ]\nptrace errno 1\n',
    '2\ndenylist\n[all]\nsocket errno 1 [0,0x10,&=,0xffffffff][1,3,&=,0xffffffff]\nptrace errno 1\n',
  ],
  [
    'LXC, a line for each group of other values',
    'lxc',
    '2\nallowlist\n[all]\nread\nsocket allow [0,1,!=]\n',
    `2\nallowlist\n[all]\nread\n${[
      [0x20, 0xffffffe0],
      [0x10, 0xfffffff0],
      [8, 0xfffffff8],
      [4, 0xfffffffc],
      [2, 0xfffffffe],
      [0, 0xffffffff],
    ]
      .map(
        ([datum = 0, mask = 0]) =>
          `socket allow [0,${datum < 10 ? datum : `0x${datum.toString(16)}`},&=,0x${mask.toString(16)}]\n`,
      )
      .join('')}`,
  ],
  [
    'minijail, by bits that are set or clear',
    'minijail',
    'read: 1\nsocket: arg0 != AF_NETLINK && arg1 == 3 || arg0 == 99; return EPERM\n',
    'read: 1\nsocket: arg0 & 0xffffffef && arg1 == 3 || arg0 in ~16 && arg1 == 3 || arg0 == 99; return EPERM\n',
  ],
  [
    'seccompiler, by the width of each comparison',
    'seccompiler',
    '{ "main": { "mismatch_action": "allow", "match_action": { "errno": 1 }, "filter": [\n  { "syscall": "socket", "args": [{ "index": 0, "type": "qword", "op": "eq", "val": 16 }, { "index": 1, "type": "qword", "op": "eq", "val": 3 }] }\n] } }\n',
    '{ "main": { "mismatch_action": "allow", "match_action": { "errno": 1 }, "filter": [\n  { "syscall": "socket", "args": [{ "index": 0, "type": "dword", "op": "eq", "val": 16 }, { "index": 1, "type": "dword", "op": "eq", "val": 3 }] }\n] } }\n',
  ],
  [
    'go-seccomp-bpf, by bits that are set and clear',
    'go-seccomp-bpf',
    'seccomp:\n  default_action: allow\n  syscalls:\n    - action: errno\n      names: [ptrace]\n      names_with_args:\n        - name: socket\n          arguments:\n            - argument: 0\n              operation: Equal\n              value: 17\n            - { argument: 1, operation: Equal, value: 2 }\n        - name: kill # a note\n          arguments:\n            - argument: 1\n              operation: BitsSet\n              value: 1\n',
    'seccomp:\n  default_action: allow\n  syscalls:\n    - action: errno\n      names: [ptrace]\n      names_with_args:\n        - name: socket\n          arguments:\n            - argument: 0\n              operation: BitsSet\n              value: 1\n            - argument: 0\n              operation: BitsSet\n              value: 16\n            - argument: 0\n              operation: BitsNotSet\n              value: 4294967278\n            - { argument: 1, operation: BitsSet, value: 2 }\n            - { argument: 1, operation: BitsNotSet, value: 4294967293 }\n        - name: kill # a note\n          arguments:\n            - argument: 1\n              operation: BitsSet\n              value: 1\n',
  ],
  [
    'minijail in braces',
    'minijail-py',
    'read: 1\nsocket: { arg0 != 16 }\n',
    'read: 1\nsocket: { arg0 & 0xffffffef || arg0 in ~16 }\n',
  ],
];

describe("fixProfile, in formats other than OCI's", () => {
  it.each(CASES)('narrows a comparison: %s', async (_, from, before, after) => {
    const { text, fixed, report } = await fix(from, before);
    expect(text).toBe(after);
    expect(new Set(fixed.map(({ id }) => id))).toEqual(new Set(['wide-comparison']));
    expect(report.findings.filter(({ id }) => id === 'wide-comparison')).toEqual([]);
  });

  it('decides on what the kernel reads as before, and on nothing by the bits above', async () => {
    const half = fc.integer({ min: 0, max: 63 }).map(BigInt);
    const above = fc.integer({ min: 0, max: 0xffff }).map((value) => BigInt(value) << 32n);
    for (const [, from, before, after] of CASES) {
      const [wide, narrow] = [decisions(from, before), decisions(from, after)];
      fc.assert(
        fc.property(half, half, above, (domain, type, more) => {
          expect(narrow(domain, type)).toEqual(wide(domain, type));
          expect(narrow(domain + more, type)).toEqual(narrow(domain, type));
        }),
      );
    }
  });

  it.each<[string, From, string]>([
    ['snapd, which has no mask for it', 'snapd', 'socket !AF_NETLINK\nread\n'],
    [
      'a mask of the author, whose bits above nobody can mean',
      'kafel',
      'ERRNO(1) { socket(a) { (a & 0x1ffffffff) == 16 } } DEFAULT ALLOW\n',
    ],
  ])('leaves alone: %s', async (_, from, text) => {
    const result = await fix(from, text);
    expect(result.text).toBe(text);
    expect(result.report.findings.map(({ id }) => id)).toContain('wide-comparison');
  });
});
