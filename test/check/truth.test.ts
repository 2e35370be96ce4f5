import { describe, expect, it } from 'vitest';
import { decodeReturnValue } from '../../src/action.js';
import { type ArchitectureName, parseArchitecture } from '../../src/architecture.js';
import { simulate } from '../../src/bpf/index.js';
import { REPLACEMENTS } from '../../src/check/rules/names.js';
import { ESSENTIAL, PROBED } from '../../src/check/rules/processes.js';
import { SENSITIVE } from '../../src/check/rules/sensitive.js';
import { IO_URING_OPERATIONS, SIBLING_GROUPS } from '../../src/check/rules/sibling-calls.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import { callsBehind, MULTIPLEXERS } from '../../src/compiler/multiplexed-calls.js';
import { allow, allowList, args, check, deny, denyList, enosys, ids, libseccomp } from './profiles.js';

/** What the compiled profile decides on one call. */
function decide(profile: object, arch: ArchitectureName, name: string, ...values: bigint[]): string {
  const { program, arches } = compileProfileSync(profile, { arch: 'x86_64' });
  const nr = libseccomp.resolveSyscallName(name, arch) as number;
  const padded = Array.from({ length: 6 }, (_, index) => values[index] ?? 0n);
  const data = { nr, arch: parseArchitecture(arch).auditArch, instructionPointer: 0n, args: padded as never };
  return decodeReturnValue(simulate({ program, arches }, data).returnValue).kind;
}

describe('what the findings say is what the compiled filter does', () => {
  it('wide-comparison: upper bits get past EQ denied, LT denied and NE allowed, and not past the fix', () => {
    const wide = 0x100000010n;
    const equal = denyList(deny('alarm', args([0, 'EQ', 16])));
    expect(decide(equal, 'x86_64', 'alarm', 16n)).toBe('ERRNO');
    expect(decide(equal, 'x86_64', 'alarm', wide)).toBe('ALLOW');
    expect(decide(denyList(deny('alarm', args([0, 'LT', 17]))), 'x86_64', 'alarm', wide)).toBe('ALLOW');
    expect(decide(allowList(allow('alarm', args([0, 'NE', 16]))), 'x86_64', 'alarm', wide)).toBe('ALLOW');
    const fixedText = denyList(deny('alarm', args([0, 'MASKED_EQ', 0xffffffff, 16])));
    expect(decide(fixedText, 'x86_64', 'alarm', wide)).toBe('ERRNO');
  });

  it('wide-comparison passes what fails closed: EQ allowed, GT denied', () => {
    const wide = 0x100000010n;
    expect(decide(allowList(allow('alarm', args([0, 'EQ', 16]))), 'x86_64', 'alarm', wide)).toBe('ERRNO');
    expect(decide(denyList(deny('alarm', args([0, 'GT', 15]))), 'x86_64', 'alarm', wide)).toBe('ERRNO');
  });

  it('multiplexer-widened: the condition is lost, and the advice brings it back', () => {
    const SYS_SOCKET = 1n;
    const widened = allowList(allow('socket', args([0, 'EQ', 1])));
    expect(decide(widened, 'x86', 'socketcall', SYS_SOCKET, 0xdeadn)).toBe('ALLOW');
    const advised = allowList(allow('socket', args([0, 'EQ', 1])), deny('socketcall'));
    expect(decide(advised, 'x86', 'socketcall', SYS_SOCKET, 0xdeadn)).toBe('ERRNO');
    // the default's own errno is no entry, and would not help
    expect(ids(check(allowList(allow('socket', args([0, 'EQ', 1])), enosys('socketcall'))))).toContain(
      'multiplexer-widened',
    );
    expect(
      decide(allowList(allow('socket', args([0, 'EQ', 1])), enosys('socketcall')), 'x86', 'socketcall', SYS_SOCKET),
    ).toBe('ALLOW');
  });

  it('multiplexer-widened: a denial becomes whole', () => {
    const widened = denyList(deny('socket', args([0, 'MASKED_EQ', 0xffffffff, 16])));
    expect(decide(widened, 'x86', 'socketcall', 1n, 0xdeadn)).toBe('ERRNO');
  });

  it('multiplexer-open: what is not allowed by name is allowed through it, and not once it is out', () => {
    const SYS_CONNECT = 3n;
    expect(decide(allowList(allow('socket socketcall')), 'x86', 'socketcall', SYS_CONNECT)).toBe('ALLOW');
    expect(decide(allowList(allow('socket')), 'x86', 'socketcall', SYS_CONNECT)).toBe('ERRNO');
    expect(decide(allowList(allow('socket')), 'x86', 'socketcall', 1n)).toBe('ALLOW');
  });

  it('repeated-argument: each condition is enough', () => {
    const range = allowList(allow('kill', args([1, 'GE', 10], [1, 'LE', 5])));
    expect(decide(range, 'x86_64', 'kill', 1n, 3n)).toBe('ALLOW');
  });

  it('masked-value-bits: libseccomp drops the bits', () => {
    const swapped = denyList(deny('ioctl', args([1, 'MASKED_EQ', 0x5412, 0xffffffff])));
    expect(decide(swapped, 'x86_64', 'ioctl', 0n, 0x5412n)).toBe('ERRNO');
    expect(decide(swapped, 'x86_64', 'ioctl', 0n, 0xfffffn)).toBe('ERRNO');
  });

  it('conditions-cover-all: nothing is left out', () => {
    const both = allowList(allow('kill', args([1, 'NE', 1])), allow('kill', args([1, 'NE', 2])));
    for (const signal of [0n, 1n, 2n, 3n]) expect(decide(both, 'x86_64', 'kill', 1n, signal)).toBe('ALLOW');
  });
});

describe('the tables', () => {
  const exists = (name: string) => libseccomp.resolveSyscallName(name, 'x86_64') !== undefined;

  it('name system calls', () => {
    const names = [
      ...SIBLING_GROUPS.flatMap(({ guarded, ways }) => [...guarded, ...ways]),
      ...IO_URING_OPERATIONS,
      ...MULTIPLEXERS.flatMap(callsBehind),
      ...[...REPLACEMENTS].flatMap(([name, others]) => [name, ...others]),
      ...ESSENTIAL.flat(),
      ...PROBED,
      ...SENSITIVE.keys(),
    ];
    expect(names.filter((name) => !exists(name))).toEqual([]);
  });

  it.each(MULTIPLEXERS)('%s has the calls that libseccomp sends through it', (multiplexer) => {
    const number = libseccomp.resolveSyscallName(multiplexer, 'x86');
    // sendmmsg and accept4 have stand-ins too; whatever resolves to the multiplexer's number goes through it.
    const through = callsBehind(multiplexer).filter(
      (name) => libseccomp.resolveSyscallNameRewrite(name, 'x86') !== number,
    );
    expect(through).toEqual([]);
  });

  it('replacements are for calls that new architectures lack, and exist there', () => {
    for (const [name, others] of REPLACEMENTS) {
      const has = (call: string) => (libseccomp.resolveSyscallName(call, 'riscv64') ?? -1) >= 0;
      expect([name, has(name), others.some(has)]).toEqual([name, false, true]);
    }
  });
});
