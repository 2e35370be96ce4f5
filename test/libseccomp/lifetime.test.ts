import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  FilterContext,
  FilterContextStateError,
  type Libseccomp,
  loadLibseccompSync,
} from '../../src/libseccomp/index.js';
import type { Action } from '../../src/policy.js';

const ALLOW: Action = { kind: 'ALLOW' };
const EPERM: Action = { kind: 'ERRNO', data: 1 };
const libseccomp = loadLibseccompSync();
const filterFor = (instance = libseccomp) =>
  new FilterContext(instance, { defaultAction: ALLOW, architecture: 'x86_64' });

/** Many rules: some tens of kilobytes of C memory. */
function fill(filter: FilterContext): FilterContext {
  for (let syscall = 0; syscall < 40; syscall++) filter.addRule(EPERM, syscall);
  return filter;
}

describe('a released filter', () => {
  const uses: [string, (filter: FilterContext) => void][] = [
    ['reset', (filter) => filter.reset(ALLOW)],
    ['addArchitecture', (filter) => filter.addArchitecture('x86')],
    ['removeArchitecture', (filter) => filter.removeArchitecture('x86_64')],
    ['hasArchitecture', (filter) => filter.hasArchitecture('x86_64')],
    ['getAttribute', (filter) => filter.getAttribute('CTL_LOG')],
    ['setAttribute', (filter) => filter.setAttribute('CTL_LOG', true)],
    ['releaseOnRefusal', (filter) => filter.releaseOnRefusal()],
    ['addRule', (filter) => filter.addRule(EPERM, 'getcwd')],
    ['addRuleExact', (filter) => filter.addRuleExact(EPERM, 'getcwd')],
    ['setSyscallPriority', (filter) => filter.setSyscallPriority('getcwd', 1)],
    ['merge', (filter) => filter.merge(filterFor())],
    ['merge of it', (filter) => filterFor().merge(filter)],
    ['precompute', (filter) => filter.precompute()],
    ['startTransaction', (filter) => filter.startTransaction()],
    ['commitTransaction', (filter) => filter.commitTransaction()],
    ['rejectTransaction', (filter) => filter.rejectTransaction()],
    ['exportBpf', (filter) => filter.exportBpf()],
    ['exportPfc', (filter) => filter.exportPfc()],
  ];

  it('cannot be used by any method', () => {
    const methods = Object.getOwnPropertyNames(FilterContext.prototype).filter(
      (name) => !['constructor', 'architecture', 'release'].includes(name),
    );
    expect(methods.filter((name) => !uses.some(([use]) => use === name))).toEqual([]);
  });

  it.each(uses)('raises FilterContextStateError on %s', (_, use) => {
    const filter = filterFor();
    filter.release();
    expect(() => use(filter)).toThrow(FilterContextStateError);
    expect(() => use(filter)).toThrow('was released');
    expect(filter.architecture.name).toBe('x86_64');
  });

  it('is released but once', () => {
    const filter = fill(filterFor());
    filter.release();
    // Its memory serves another filter now, which a second release would destroy.
    using other = fill(filterFor());
    const program = other.exportBpf();
    filter.release();
    filter[Symbol.dispose]();
    using third = fill(filterFor());
    expect(other.exportBpf()).toEqual(program);
    expect(third.exportBpf()).toEqual(program);
  });
});

describe('using', () => {
  it('releases at the end of the block, and when it is left by an error', () => {
    let kept: FilterContext | undefined;
    {
      using filter = filterFor();
      kept = filter;
      filter.addRule(EPERM, 'getcwd');
    }
    expect(() => kept?.exportBpf()).toThrow(FilterContextStateError);
    expect(() => {
      using filter = filterFor();
      kept = filter;
      filter.addRule(ALLOW, 'getcwd');
    }).toThrow('-EACCES');
    expect(() => kept?.exportBpf()).toThrow(FilterContextStateError);
  });
});

/** Memory that `count` filters need which nobody releases, in bytes. */
function grownBy(instance: Libseccomp, count: number, drop: (filter: FilterContext) => void): number {
  const before = instance.memoryBytes;
  for (let made = 0; made < count; made++) drop(fill(filterFor(instance)));
  return instance.memoryBytes - before;
}

describe('the finalizer', () => {
  afterEach(() => vi.unstubAllGlobals());

  /** The binding with a FinalizationRegistry that the test holds: `collect` does what the engine would some day. */
  async function loadWithRegistry() {
    const registered = new Map<object, unknown>();
    let finalize: ((held: unknown) => void) | undefined;
    vi.stubGlobal(
      'FinalizationRegistry',
      class {
        constructor(callback: (held: unknown) => void) {
          finalize = callback;
        }
        register(target: object, held: unknown, token: object) {
          expect(token).toBe(target);
          expect(Object.values(held as object)).not.toContain(target);
          registered.set(token, held);
        }
        unregister(token: object) {
          return registered.delete(token);
        }
      },
    );
    vi.resetModules();
    const binding = await import('../../src/libseccomp/index.js');
    const instance = binding.loadLibseccompSync();
    const make = () => fill(new binding.FilterContext(instance, { defaultAction: ALLOW, architecture: 'x86_64' }));
    const collect = (filter: FilterContext) => {
      const held = registered.get(filter);
      if (registered.delete(filter)) finalize?.(held);
    };
    return { instance, make, collect, registered };
  }

  it('frees what was dropped', async () => {
    const { instance, make, collect, registered } = await loadWithRegistry();
    for (let made = 0; made < 100; made++) collect(make());
    const before = instance.memoryBytes;
    for (let made = 0; made < 1000; made++) collect(make());
    expect(instance.memoryBytes).toBe(before);
    expect(registered.size).toBe(0);
    // The test can fail: without it, as much memory is gone for good.
    for (let made = 0; made < 1000; made++) make();
    expect(instance.memoryBytes).toBeGreaterThan(before);
  });

  it('leaves alone what was released, merged away or is in use', async () => {
    const { make, registered } = await loadWithRegistry();
    const filter = make();
    expect(registered.has(filter)).toBe(true);
    filter.release();
    expect(registered.size).toBe(0);

    const [destination, source] = [make(), make()];
    source.reset(ALLOW);
    source.removeArchitecture('x86_64');
    source.addArchitecture('x86');
    destination.merge(source);
    expect([...registered.keys()]).toEqual([destination]);
  });

  it('does not fail on an instance that crashed', async () => {
    const { instance, make, collect } = await loadWithRegistry();
    const filter = make();
    expect(() =>
      instance.guard(() => {
        throw new WebAssembly.RuntimeError('unreachable');
      }),
    ).toThrow('crashed');
    collect(filter);
  });

  it('works in this engine', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const instance = loadLibseccompSync();
    const round = async () => {
      const grown = grownBy(instance, 200, () => {});
      collectGarbage();
      await setImmediate(); // finalizers run in a task of their own
      await setImmediate();
      return grown;
    };
    for (let i = 0; i < 3; i++) await round();
    let grown = 0;
    for (let i = 0; i < 5; i++) grown += await round();
    expect(grown).toBe(0);
  });
});
