import { describe, expect, it } from 'vitest';
import {
  FilterContext,
  type Libseccomp,
  LibseccompCrashError,
  LibseccompError,
  loadLibseccompSync,
} from '../../src/libseccomp/index.js';
import type { Action } from '../../src/policy.js';

const ALLOW: Action = { kind: 'ALLOW' };
const EPERM: Action = { kind: 'ERRNO', data: 1 };

function filterFor(libseccomp: Libseccomp): FilterContext {
  const filter = new FilterContext(libseccomp, { defaultAction: ALLOW, architecture: 'x86_64' });
  filter.addRule(EPERM, 'getcwd');
  return filter;
}

/** Take all the memory that there is. Nothing is written to it, so that the machine need not have it. */
function exhaust(libseccomp: Libseccomp): number[] {
  const blocks: number[] = [];
  for (let size = 2 ** 28; size >= 8; size /= 2) {
    for (let block = libseccomp.raw.malloc(size); block !== 0; block = libseccomp.raw.malloc(size)) blocks.push(block);
  }
  return blocks;
}

/** Make libseccomp run into a trap: its heap and all its structures become nonsense. */
function corrupt(libseccomp: Libseccomp): void {
  new Uint8Array(libseccomp.raw.memory.buffer).fill(0xff);
}

/** Every way into the instance and the filter raises the crash. */
function expectUnusable(libseccomp: Libseccomp, filter: FilterContext): void {
  expect(libseccomp.usable).toBe(false);
  const uses: (() => unknown)[] = [
    () => libseccomp.getApiLevel(),
    () => libseccomp.setApiLevel(7),
    () => libseccomp.resolveSyscallName('getcwd', 'x86_64'),
    () => libseccomp.resolveSyscallNameRewrite('getcwd', 'x86_64'),
    () => libseccomp.resolveSyscallNumber(79, 'x86_64'),
    () => libseccomp.resolveArchitectureName('x86'),
    () => new FilterContext(libseccomp, { defaultAction: ALLOW, architecture: 'x86_64' }),
    () => new FilterContext(libseccomp, { defaultAction: ALLOW, architecture: 's390x' }),
    () => filter.addRule(EPERM, 'chdir'),
    () => filter.addArchitecture('x86'),
    () => filter.getAttribute('CTL_LOG'),
    () => filter.startTransaction(),
    () => filter.exportBpf(),
    () => filter.exportPfc(),
    () => filter.precompute(),
  ];
  for (const use of uses) expect(use, `${use}`).toThrow(LibseccompCrashError);
  // Cleaning up is no use of it: the error that a `using` block is left by stays the one that is seen.
  filter.release();
}

describe('out of memory', () => {
  it('is an error of the call, and the filter lives on', () => {
    const libseccomp = loadLibseccompSync();
    using filter = filterFor(libseccomp);
    const program = filter.exportBpf();
    const blocks = exhaust(libseccomp);

    for (const run of [
      () => filter.addRule(EPERM, 'chdir', [{ index: 0, op: 'GT', value: 1n }]),
      () => filter.addArchitecture('x86'),
    ]) {
      expect(run).toThrow(LibseccompError);
      expect(run).toThrow(/-ENOMEM: out of memory/);
    }
    expect(() => filter.exportPfc()).toThrow(LibseccompError);

    for (const block of blocks) libseccomp.raw.free(block);
    expect(libseccomp.usable).toBe(true);
    expect(filter.exportBpf()).toEqual(program);
    filter.addRule(EPERM, 'chdir');
    expect(filter.exportBpf()).not.toEqual(program);
  });

  it('where the binding itself needs memory, is a crash', () => {
    const libseccomp = loadLibseccompSync();
    const filter = filterFor(libseccomp);
    exhaust(libseccomp);
    const resolve = () => libseccomp.resolveSyscallName('x'.repeat(1000), 'x86_64');
    expect(resolve).toThrow(LibseccompCrashError);
    expect(resolve).toThrow('out of wasm memory (1001 bytes)');
    expectUnusable(libseccomp, filter);
  });
});

describe('a trap', () => {
  it('is a typed error with what the engine said, and the end of the instance', () => {
    const libseccomp = loadLibseccompSync();
    const filter = filterFor(libseccomp);
    corrupt(libseccomp);
    let error: unknown;
    try {
      filter.addArchitecture('x86');
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(LibseccompCrashError);
    expect(error).toMatchObject({ code: 'LIBSECCOMP_CRASH', name: 'LibseccompCrashError' });
    expect((error as Error).message).toMatch(/^libseccomp crashed \(.*out of bounds.*\); load a new instance$/);
    expect((error as Error).cause).toBeInstanceOf(WebAssembly.RuntimeError);
    expectUnusable(libseccomp, filter);
  });

  it('does not reach other instances', () => {
    const [broken, sound] = [loadLibseccompSync(), loadLibseccompSync()];
    using filter = filterFor(sound);
    const program = filter.exportBpf();
    const lost = filterFor(broken);
    corrupt(broken);
    expect(() => lost.addArchitecture('x86')).toThrow(LibseccompCrashError);
    expect(filter.exportBpf()).toEqual(program);
    using next = filterFor(loadLibseccompSync());
    expect(next.exportBpf()).toEqual(program);
  });
});

describe('an engine out of stack', () => {
  it('never yields another program', () => {
    const libseccomp = loadLibseccompSync();
    const filter = filterFor(libseccomp);
    for (let syscall = 100; syscall < 200; syscall++)
      filter.addRule(EPERM, syscall, [{ index: 1, op: 'LT', value: 9n }]);
    const program = filter.exportBpf();
    const seen = { program: 0, error: 0 };
    let wrong: unknown;

    // The deepest attempts have too little stack; each level further out has a little more.
    const attempt = () => {
      try {
        libseccomp.grantWork(); // all attempts together take more than one filter may
        filter.setAttribute('CTL_OPTIMIZE', 1); // so that it is generated anew
        if (Buffer.from(filter.exportBpf()).equals(Buffer.from(program))) seen.program++;
        else wrong = 'another program';
      } catch (error) {
        if (error instanceof RangeError || error instanceof LibseccompCrashError) seen.error++;
        else wrong = error;
      }
    };
    const descend = (): void => {
      try {
        descend();
      } catch {
        // no further down than this
      }
      if (seen.program + seen.error >= 300) return;
      try {
        attempt();
      } catch {
        seen.error++; // too little stack even to handle the error
      }
    };
    descend();

    expect(wrong).toBeUndefined();
    expect(seen.error).toBeGreaterThan(0);
    if (libseccomp.usable) expect(filter.exportBpf()).toEqual(program);
    else expectUnusable(libseccomp, filter);
  });
});
