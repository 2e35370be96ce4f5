import { endianness as hostEndianness } from 'node:os';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hostArchitecture } from '../../native-loader/index.js';
import { parseArchitecture } from '../../src/architecture.js';
import { compileProfileSync, type OwnCompileOptions } from '../../src/compiler/index.js';
import { minimizeRules } from '../../src/compiler/minimize-rules.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { type CProgram, compileC, hostWords } from './c-program.js';
import { describeKernel } from './child.js';

const host = parseArchitecture(hostArchitecture());
const libseccomp = loadLibseccompSync();
const [EPERM, ENOSYS] = [-1, -38];

describeKernel('under --enosys-newer-than, on this kernel', () => {
  let kernel: CProgram;
  beforeAll(() => {
    kernel = compileC('call-under-filters');
  });
  afterAll(() => kernel?.remove());

  const call = (nr: number) => [hostWords(0, nr), ...Array.from({ length: 6 }, () => hostWords(0, 0))];

  it.each<[string, Partial<OwnCompileOptions>]>([
    ['as libseccomp makes it', {}],
    ['minimised', { optimize: 'min', minimizer: minimizeRules }],
  ])('newer calls answer ENOSYS, older ones EPERM, the named ones run: %s', (_what, more) => {
    const profile = {
      defaultAction: 'SCMP_ACT_ERRNO',
      syscalls: [{ names: ['getppid', 'close_range'], action: 'SCMP_ACT_ALLOW' }],
    };
    const { program } = compileProfileSync(profile, {
      arch: host.name,
      enosysNewerThan: '5.8',
      verify: 'all',
      ...more,
    });
    // openat2 came with 5.6 and faccessat2 with 5.8, process_madvise with 5.10, cachestat with 6.5, mseal with 6.10.
    const asked = {
      ptrace: EPERM,
      openat2: EPERM,
      faccessat2: EPERM,
      process_madvise: ENOSYS,
      cachestat: ENOSYS,
      mseal: ENOSYS,
      fchroot: ENOSYS,
    };
    const numbers = Object.keys(asked).map((name) => libseccomp.resolveSyscallName(name, host)!);
    const close_range = libseccomp.resolveSyscallName('close_range', host)!;
    const input = [
      hostWords(program.length / 8, numbers.length + 2),
      program,
      ...[...numbers, 600].flatMap(call),
      // close_range(9, 8) is refused by the kernel itself
      hostWords(0, close_range),
      ...[9, 8, 0, 0, 0, 0].map((value) => (hostEndianness() === 'LE' ? hostWords(value, 0) : hostWords(0, value))),
    ];
    const lines = kernel.lines(Buffer.concat(input)).filter((line) => /^(returned|trap|kill)/.test(line));
    expect(lines).toEqual([...Object.values(asked), ENOSYS, -22].map((value) => `returned ${value}`));
  });
});
