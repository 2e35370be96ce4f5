import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeAction } from '../../src/action.js';
import { type ArchitectureName, parseArchitecture } from '../../src/architecture.js';
import { decodeProgram, Opcode, simulate } from '../../src/bpf/index.js';
import { planFilter } from '../../src/compiler/index.js';
import {
  FilterContext,
  LibseccompError,
  LibseccompWorkLimitError,
  loadLibseccompSync,
} from '../../src/libseccomp/index.js';
import { readProfile } from '../../src/profile/index.js';
import { resolvePolicy } from '../../src/profile/resolve/resolve-policy.js';
import { askOracle, nativeProgram, oracleLines } from './oracle.js';
import { APPLIED, buildVariant, PATCHES } from './patch-variants.js';

// Each patch of wasm/patches: what it fixes is right with all of them, and wrong with all but it, unless the release has it
// already. Natively, where both
// can be built; the wasm has the same source, which byte-equality and fuzz tests show. Nothing here crashes or hangs
// libseccomp without a patch: where a patch is against that, its guard is met at a low limit, or inside, with what it
// guards watched.

const x86_64 = parseArchitecture('x86_64');
const ALLOW = encodeAction({ kind: 'ALLOW' });
const errno = (data: number) => encodeAction({ kind: 'ERRNO', data });
const start = (defaultAction = ALLOW) => [`native ${x86_64.token}`, `init 0 ${defaultAction}`];

/** `faulty` is without the patch, and without those made on top of it; there is none where the release has it. */
const variant = (number: number, ...onTop: number[]) => ({
  patched: buildVariant('oracle'),
  faulty: APPLIED.has(number) ? buildVariant('oracle', { without: [number, ...onTop] }) : undefined,
});

const tested = new Set<number>();
function describePatch(number: number, what: string, tests: () => void): void {
  tested.add(number);
  describe(`patch ${number}: ${what}`, tests);
}

// Compiling libseccomp several times takes a while; the objects are kept under build/.
beforeAll(() => {
  buildVariant('oracle');
}, 240_000);

describePatch(1, 'a range inside another', () => {
  // default KILL_PROCESS, allowed below the larger bound, denied below the smaller one: both hold for what is tried
  const answers = (oracle: string, operator: number, larger: bigint, smaller: bigint) => {
    const rules = [
      `rule 0 0 ${ALLOW} 1 1 0 ${operator} ${larger} 0`,
      `rule 0 0 ${errno(1)} 1 1 0 ${operator} ${smaller} 0`,
    ];
    const program = nativeProgram([...start(encodeAction({ kind: 'KILL_PROCESS' })), ...rules, 'bpf 0'], oracle);
    return [0n, 1n, 0xffffffffn].map((value) => {
      const data = {
        nr: 1,
        arch: x86_64.auditArch,
        instructionPointer: 0n,
        args: [value, 0n, 0n, 0n, 0n, 0n] as const,
      };
      return simulate(program, data, { endianness: 'little' }).action.kind;
    });
  };

  it.each([
    ['LE', 3, 0x100000005n, 0x100000002n],
    ['LT', 2, 0x500000005n, 0x500000002n],
  ] as const)(
    'is decided by its own rule (%s): without the patch the wider one lets it through',
    (_, operator, larger, smaller) => {
      const { patched, faulty } = variant(1);
      expect(answers(patched, operator, larger, smaller)).toEqual(['ERRNO', 'ERRNO', 'ERRNO']);
      if (faulty) expect(answers(faulty, operator, larger, smaller)).toEqual(['ALLOW', 'ALLOW', 'ALLOW']);
    },
  );
});

describePatch(3, 'seccomp_export_bpf_mem with a larger buffer', () => {
  it('writes the program and nothing behind it', () => {
    const lines = [...start(), `rule 0 0 ${errno(1)} 1 0`];
    const room = 8;
    const exported = (oracle: string) => {
      const size = nativeProgram([...lines, 'bpf 0'], oracle).length + room;
      const [length, , hex] = (askOracle([...lines, `bpf_into 0 ${size}`], oracle).at(-1) ?? '').split(' ');
      expect(Number(length)).toBe(size - room);
      return hex?.slice(-2 * room);
    };
    const { patched, faulty } = variant(3);
    expect(exported(patched)).toBe('aa'.repeat(room));
    if (faulty) expect(exported(faulty)).not.toBe('aa'.repeat(room));
  });
});

describePatch(4, 'merging a filter that notifies', () => {
  it('leaves the destination knowing that it needs a listener', () => {
    const lines = [
      ...start(),
      `native ${parseArchitecture('aarch64').token}`,
      `init 1 ${ALLOW}`,
      `rule 1 0 ${encodeAction({ kind: 'NOTIFY' })} 1 0`,
      'merge 0 1',
      'notify_used 0',
    ];
    const { patched, faulty } = variant(4);
    expect(askOracle(lines, patched).slice(-2)).toEqual(['0', '1']);
    if (faulty) expect(askOracle(lines, faulty).slice(-2)).toEqual(['0', '0']);
  });
});

describe('inside libseccomp', () => {
  const internals = (number: number, ...args: string[]) => {
    const run = (without: number[]) => {
      const program = buildVariant('internals', { without, sanitize: true });
      const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
      expect(status, stderr).toBe(0);
      return { stdout: stdout.trimEnd(), stderr };
    };
    return { patched: run([]), faulty: APPLIED.has(number) ? run([number]) : undefined };
  };
  const quietly = (stdout: string) => ({ stdout, stderr: '' });

  describePatch(2, 'a program longer than its length can say', () => {
    it('is -E2BIG, and its memory is freed once', () => {
      const { patched, faulty } = internals(2, 'append', '60');
      expect(patched).toEqual(quietly('60 -7'));
      if (faulty) expect(faulty).toEqual(quietly('60 120'));
      expect(internals(2, 'append', '50').patched).toEqual(quietly('50 100'));
    });

    it('is a typed error that says so', () => {
      const error = LibseccompError.fromReturn('seccomp_export_bpf_mem', -7);
      expect(error).toMatchObject({ code: 'LIBSECCOMP_E2BIG' });
      expect(error.message).toContain('more than 65535 instructions');
    });
  });

  describePatch(5, 'hashing what is not aligned', () => {
    it('is defined, and gives the same hash', () => {
      const { patched, faulty } = internals(5, 'hash', '1');
      const aligned = internals(5, 'hash', '0');
      expect(patched).toEqual(quietly(aligned.patched.stdout));
      if (aligned.faulty) expect(aligned.faulty).toEqual(patched);
      if (faulty) expect(faulty.stderr).toContain('misaligned address');
    });
  });

  describePatch(6, 'zrealloc to a smaller size', () => {
    it('keeps what fits and clears nothing else', () => {
      const { patched, faulty } = internals(6, 'zrealloc', '64', '16');
      expect(patched).toEqual(quietly('aa'.repeat(16)));
      if (faulty) expect(faulty.stdout).toBe(`clears ${2n ** 64n - 48n} bytes\n${'aa'.repeat(16)}`);
      expect(internals(6, 'zrealloc', '2', '4').patched).toEqual(quietly('aaaa0000'));
    });
  });

  describePatch(9, 'a node that two others lead to', () => {
    it('is on their level once', () => {
      const { patched, faulty } = internals(9, 'level');
      expect(patched).toEqual(quietly('2'));
      if (faulty) expect(faulty).toEqual(quietly('10'));
    });
  });
});

describePatch(7, 'a large filter for the other byte order', () => {
  it('returns what its rules say', () => {
    const architecture = parseArchitecture('s390x');
    const libseccomp = loadLibseccompSync();
    const text = readFileSync(new URL('../../examples/container-default.json', import.meta.url));
    const { policy } = resolvePolicy(readProfile(text), { arch: architecture });
    const { operations } = planFilter(policy, {
      architecture,
      optimize: 0,
      unknownSyscall: 'ignore',
      resolveSyscall: (name) => libseccomp.resolveSyscallName(name, architecture),
    });
    const lines = oracleLines(operations, { defaultAction: policy.defaultAction, arch: architecture });
    const rules = operations.flatMap((operation) => ('action' in operation ? [operation.action] : []));
    const asked = new Set([...rules, policy.defaultAction, { kind: 'KILL_THREAD' } as const].map(encodeAction));
    const foreign = (oracle: string) =>
      decodeProgram(nativeProgram(lines, oracle), 'big').filter(
        ({ code, k }) => code === Opcode.RET_K && !asked.has(k),
      );
    const { patched, faulty } = variant(7);
    expect(foreign(patched)).toEqual([]);
    if (faulty) expect(foreign(faulty)).not.toEqual([]);
  });
});

describePatch(8, 'system calls newer than the release', () => {
  it('have names and numbers', () => {
    const ask = (oracle: string) =>
      askOracle([`name ${x86_64.token} open_tree_attr`, `number ${x86_64.token} 471`], oracle);
    const { patched, faulty } = variant(8, 14);
    expect(ask(patched)).toEqual(['467', 'rseq_slice_yield']);
    if (faulty) expect(ask(faulty)).toEqual(['-1', '-']);
  });
});

describePatch(14, 'system calls newer than any release', () => {
  it('have names and numbers', () => {
    const loongarch64 = parseArchitecture('loongarch64').token;
    const ask = (oracle: string) => askOracle([`name ${x86_64.token} fchroot`, `number ${loongarch64} 447`], oracle);
    const { patched, faulty } = variant(14);
    expect(ask(patched)).toEqual(['472', 'memfd_secret']);
    if (faulty) expect(ask(faulty)).toEqual(['-1', '-']);
  });
});

describe('the newer system calls', () => {
  it.each([
    ['open_tree_attr', 467, ['x86_64', 's390', 'parisc64', 'sheb']],
    ['file_getattr', 468, ['aarch64', 's390', 'm68k']],
    ['file_setattr', 469, ['riscv64', 's390', 'x86']],
    ['listns', 470, ['s390x', 'arm', 'loongarch64']],
    ['rseq_slice_yield', 471, ['s390x', 'ppc64le', 'x86']],
    ['fchroot', 472, ['x86_64', 'arm', 'parisc64', 'sh']],
    ['memfd_secret', 447, ['loongarch64', 's390']],
    ['uprobe', 336, ['x86_64']],
  ] as [string, number, ArchitectureName[]][])('are in the wasm: %s', (name, number, architectures) => {
    const libseccomp = loadLibseccompSync();
    for (const architecture of architectures) {
      expect(libseccomp.resolveSyscallName(name, architecture)).toBe(number);
      expect(libseccomp.resolveSyscallNumber(number, architecture)).toBe(name);
    }
  });

  it('are not where Linux does not have them', () => {
    const libseccomp = loadLibseccompSync();
    const absent = [
      ['listns', 's390'],
      ['rseq_slice_yield', 's390'],
      ['fchroot', 's390'],
      ['uprobe', 'aarch64'],
      ['_llseek', 'parisc64'],
    ] as const;
    for (const [name, architecture] of absent)
      expect(libseccomp.resolveSyscallName(name, architecture)).toBeLessThan(-1);
    expect(libseccomp.resolveSyscallName('_llseek', 'parisc')).toBe(140);
  });

  // libseccomp 2.6.1's include/seccomp-syscalls.h
  it.each([
    ['listns', -10252],
    ['rseq_slice_yield', -10253],
    ['uprobe', -10254],
    ['fchroot', -10255],
  ])('have the pseudo-numbers of the next release where they are not: %s', (name, number) => {
    const libseccomp = loadLibseccompSync();
    expect(libseccomp.resolveSyscallName(name, 's390')).toBe(number);
  });
});

describePatch(10, 'a refused rule', () => {
  it('leaves the architectures as they were', () => {
    const x86 = parseArchitecture('x86').token;
    const lines = [
      ...start(),
      `rule 0 0 ${errno(1)} 1 1 0 4 1 0`,
      `arch_add 0 ${x86}`,
      `rule 0 0 ${errno(2)} 1 1 0 4 1 0`,
      `arch_exist 0 ${x86}`,
    ];
    const { patched, faulty } = variant(10);
    expect(askOracle(lines, patched).slice(-2)).toEqual(['-17', '0']);
    if (faulty) expect(askOracle(lines, faulty).slice(-2)).toEqual(['-17', '-17']);
  });
});

describe('the work of adding rules and of making a program', () => {
  // The second rule takes the first one's branch away: every walk that reports its steps is taken.
  const RULES = [[{ index: 0, op: 'EQ', value: 1n } as const, { index: 1, op: 'GT', value: 1n } as const]];
  RULES.push(RULES[0]!.slice(1));
  const STEPS_OF_RULES = 28;
  const STEPS_OF_PROGRAM = 6 * 5000;

  /** What a filter with so many steps for its rules, and as many for its program, is stopped at. */
  const stoppedAt = (steps: number, prepare: (filter: FilterContext) => void = () => {}) => {
    const libseccomp = loadLibseccompSync();
    libseccomp.workLimit = steps;
    const filter = new FilterContext(libseccomp, { defaultAction: { kind: 'ALLOW' }, architecture: 'x86_64' });
    prepare(filter);
    const stops = (run: () => void) => {
      try {
        run();
        return false;
      } catch (error) {
        expect(error).toBeInstanceOf(LibseccompWorkLimitError);
        expect(libseccomp.usable).toBe(false);
        return true;
      }
    };
    const addRules = () => {
      for (const conditions of RULES) filter.addRule({ kind: 'ERRNO', data: 1 }, 'mmap', conditions);
    };
    if (stops(addRules)) return 'rules';
    libseccomp.grantWork();
    return stops(() => filter.exportBpf()) ? 'program' : 'nothing';
  };

  describePatch(11, 'counted', () => {
    it('stops a filter that has no steps left', () => {
      expect(stoppedAt(STEPS_OF_RULES - 1)).toBe('rules');
      expect(stoppedAt(STEPS_OF_RULES)).toBe('program');
      expect(stoppedAt(STEPS_OF_PROGRAM - 1)).toBe('program');
      expect(stoppedAt(STEPS_OF_PROGRAM)).toBe('nothing');
    });
  });

  describePatch(15, 'without a copy of the filter to go back to', () => {
    it('is done once for each rule', () => {
      const prepare = (filter: FilterContext) => filter.releaseOnRefusal();
      expect(stoppedAt(STEPS_OF_RULES / 2 - 1, prepare)).toBe('rules');
      expect(stoppedAt(STEPS_OF_RULES / 2, prepare)).toBe('program');
      expect(stoppedAt(STEPS_OF_PROGRAM, prepare)).toBe('nothing');
    });
  });
});

describePatch(12, 'a system call of the highest priority that the architecture lacks', () => {
  it('does not take the others out of the filter', () => {
    const x86 = parseArchitecture('x86');
    const SYS_ACCEPT = 5n;
    // accept is -105 on x86, a stand-in for socketcall(SYS_ACCEPT, …); socketcall is 102 there.
    const lines = [`native ${x86.token}`, `init 0 ${ALLOW}`, `rule 0 0 ${errno(1)} -105 0`, 'bpf 0'];
    const decide = (program: Uint8Array) =>
      simulate(program, {
        nr: 102,
        arch: x86.auditArch,
        instructionPointer: 0n,
        args: [SYS_ACCEPT, 0n, 0n, 0n, 0n, 0n],
      }).action;
    const { patched, faulty } = variant(12);
    expect(decide(nativeProgram(lines, patched))).toEqual({ kind: 'ERRNO', data: 1 });
    if (faulty) expect(decide(nativeProgram(lines, faulty))).toEqual({ kind: 'ALLOW' });
  });
});

describePatch(13, 'a program twice as long', () => {
  // rules in descending order, in which they are added without a search
  const rules = (count: number) =>
    Array.from({ length: count }, (_, i) => `rule 0 0 ${errno(1 + (i % 9))} ${count - i} 0`);
  /** The basic blocks that run to export the program of so many rules, and the program. */
  const exported = (oracle: string, count: number) => {
    const run = (lines: readonly string[]) => {
      const { stdout, stderr } = spawnSync(oracle, { input: `${lines.join('\n')}\n`, encoding: 'utf8' });
      return { program: stdout.trimEnd().split('\n').at(-1), blocks: Number(stderr) };
    };
    const { program, blocks } = run([...start(), ...rules(count), 'bpf 0']);
    return { program, blocks: blocks - run([...start(), ...rules(count)]).blocks };
  };

  it('takes twice the work, not four times, and is the same', () => {
    const [patched, faulty] = [[], [13]].map((without) => buildVariant('oracle', { without, count: true }));
    const growth = (oracle = '') => exported(oracle, 1600).blocks / exported(oracle, 800).blocks;
    expect(growth(patched)).toBeLessThan(2.2);
    expect(growth(faulty)).toBeGreaterThan(3);
    const { program } = exported(patched as string, 1600);
    expect(program?.length).toBeGreaterThan(2 * 8 * 1600);
    expect(exported(faulty as string, 1600).program).toBe(program);
  });
});

it('every patch has its test, and says what it fixes', () => {
  expect([...tested].sort((a, b) => a - b)).toEqual(PATCHES.map(({ number }) => number));
  for (const { file } of PATCHES) expect(readFileSync(file, 'utf8')).toMatch(/^src\/[\w.]+[,:] .{30}/);
});
