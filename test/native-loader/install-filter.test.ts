import { describe, expect, it } from 'vitest';
import {
  checkInstallation,
  type InstallableFilter,
  type InstallOptions,
} from '../../native-loader/install/install-filter.js';
import { hostArchitecture, thisHost } from '../../native-loader/libc/host.js';
import { findArchitecture } from '../../src/architecture.js';
import { encodeProgram, Opcode } from '../../src/bpf/index.js';
import type { FilterFlag } from '../../src/policy.js';

const TSYNC = 1;
const LOG = 2;
const SPEC_ALLOW = 4;
const NEW_LISTENER = 8;
const TSYNC_ESRCH = 16;
const WAIT_KILLABLE_RECV = 32;

const program = encodeProgram([{ code: Opcode.RET_K, jt: 0, jf: 0, k: 0x7fff0000 }], thisHost.endianness);
const filter = (fields: { flags?: readonly FilterFlag[]; usesListener?: boolean } = {}) => ({
  program,
  arches: [hostArchitecture()],
  ...fields,
});

const check = (input: InstallableFilter, options: InstallOptions = {}) => checkInstallation(input, options, thisHost);

const codeOf = (input: unknown, options: InstallOptions = {}) => {
  try {
    check(input as InstallableFilter, options);
  } catch (error) {
    return (error as { code: string }).code;
  }
  return undefined;
};

describe('checkInstallation', () => {
  it('asks for all threads and nothing else by default', () => {
    expect(check(program)).toEqual({ program, flags: TSYNC, listener: false, noNewPrivs: false });
    expect(check(filter(), { tsync: false }).flags).toBe(0);
  });

  it('takes flags from the filter, and options over them', () => {
    const flags = ['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_SPEC_ALLOW'] as const;
    expect(check(filter({ flags })).flags).toBe(TSYNC | LOG | SPEC_ALLOW);
    expect(check(filter({ flags }), { log: false, specAllow: false }).flags).toBe(TSYNC);
    expect(check(program, { log: true, specAllow: true }).flags).toBe(TSYNC | LOG | SPEC_ALLOW);
    // It is this process that decides about its threads.
    expect(check(filter({ flags: ['SECCOMP_FILTER_FLAG_TSYNC'] }), { tsync: false }).flags).toBe(0);
  });

  it('asks for TSYNC_ESRCH where a positive result would be ambiguous', () => {
    expect(check(filter({ usesListener: true }))).toMatchObject({
      flags: TSYNC | NEW_LISTENER | TSYNC_ESRCH,
      listener: true,
    });
    expect(check(filter({ usesListener: true }), { tsync: false }).flags).toBe(NEW_LISTENER);
    expect(check(filter({ usesListener: true }), { listener: false }).flags).toBe(TSYNC);
  });

  it('refuses WAIT_KILLABLE_RECV without a listener', () => {
    const flags = ['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'] as const;
    expect(codeOf(filter({ flags }))).toBe('INSTALL_EINVAL');
    expect(codeOf(program, { waitKillable: true })).toBe('INSTALL_EINVAL');
    expect(check(filter({ flags }), { waitKillable: false }).flags).toBe(TSYNC);
    expect(check(filter({ flags, usesListener: true }), { tsync: false }).flags).toBe(
      NEW_LISTENER | WAIT_KILLABLE_RECV,
    );
  });

  it('refuses lengths that are no program', () => {
    for (const length of [0, 1, 7, 9, 4096 * 8 + 1]) expect(codeOf(new Uint8Array(length))).toBe('INSTALL_LENGTH');
    expect(codeOf(new Uint8Array(4097 * 8))).toBe('INSTALL_E2BIG');
    expect(codeOf(new Uint8Array(4096 * 8))).toBeUndefined();
  });

  it('refuses a filter that does not name this machine’s architecture', () => {
    expect(codeOf({ program, arches: ['s390'] })).toBe('INSTALL_FOREIGN_ARCHITECTURE');
    expect(codeOf({ program, arches: [] })).toBe('INSTALL_FOREIGN_ARCHITECTURE');
    expect(codeOf({ program, arches: ['s390', hostArchitecture()] })).toBeUndefined();
  });

  it('looks into bare bytes for architectures', () => {
    const forArch = (k: number) =>
      encodeProgram(
        [
          { code: Opcode.LD_ABS, jt: 0, jf: 0, k: 4 },
          { code: Opcode.JEQ_K, jt: 0, jf: 0, k },
          { code: Opcode.RET_K, jt: 0, jf: 0, k: 0 },
        ],
        thisHost.endianness,
      );
    expect(codeOf(forArch(22))).toBe('INSTALL_FOREIGN_ARCHITECTURE');
    expect(codeOf(forArch(findArchitecture(hostArchitecture())!.auditArch))).toBeUndefined();
  });

  it('copies the program', () => {
    const bytes = program.slice();
    const checked = check(bytes);
    bytes.fill(0);
    expect(checked.program).toEqual(program);
  });

  it('refuses what is no filter, and flags nobody knows', () => {
    for (const input of [undefined, null, 'program', [6, 0, 0, 0, 0, 0, 0, 0], {}, { program: 'text' }]) {
      expect(codeOf(input)).toBe('INVALID_ARGUMENT');
    }
    expect(codeOf(filter({ flags: ['SECCOMP_FILTER_FLAG_FUTURE' as FilterFlag] }))).toBe('INVALID_ARGUMENT');
  });
});
