import { describe, expect, it } from 'vitest';
import { type Architecture, parseArchitecture } from '../../src/architecture.js';
import { parseTable, selectArchitectures, simulatedCalls } from './regression-table.js';

const names = (architectures: readonly Architecture[]) => architectures.map(({ name }) => name);
const select = (list: string, native: string) => names(selectArchitectures(list, parseArchitecture(native)));

describe('a table', () => {
  it('is read with its types, comments and blanks', () => {
    const table = parseTable(
      [
        '# a comment',
        'test type: bpf-sim',
        '',
        ' a\tall,-x32  0-3 N N N N N 1 KILL ',
        'test type: bpf-sim-fuzz',
        'a 5',
        'test type: live',
        'b 3 KILL_PROCESS',
      ].join('\n'),
    );
    expect(table).toEqual([
      {
        type: 'bpf-sim',
        test: 'a',
        architectures: 'all,-x32',
        syscall: '0-3',
        args: ['N', 'N', 'N', 'N', 'N', '1'],
        result: 'KILL',
      },
      { type: 'bpf-sim-fuzz', test: 'a', count: 5 },
      { type: 'live', test: 'b', apiLevel: 3, action: 'KILL_PROCESS' },
    ]);
  });

  it.each([
    'a all 0 N N N N N N ALLOW',
    'test type: bpf-sim\na all 0 N N N N N ALLOW',
    'test type: other\na',
    'test type: basic\na b',
  ])('is refused where a line is not understood: %j', (text) => {
    expect(() => parseTable(text)).toThrow(/^line \d:/);
  });
});

describe('the architectures of a row', () => {
  it('are the native one where the word fits it', () => {
    expect(select('all', 's390x')).toEqual(['s390x']);
    expect(select('all_be,x86_64', 's390x')).toEqual(['s390x']);
    expect(select('all_64', 'arm')).toEqual([]);
    expect(select('x86', 'x86_64')).toEqual([]);
    expect(select('all,-x32', 'x32')).toEqual([]);
  });

  it('are added with a plus wherever the test runs', () => {
    expect(select('+s390,+ppc', 'x86_64')).toEqual(['s390', 'ppc']);
    expect(select('+all_le', 's390x')).toHaveLength(12);
    expect(select('+all_be', 's390x')).toHaveLength(11);
  });

  it('are ones that there are', () => {
    expect(() => select('vax', 'x86_64')).toThrow('vax');
  });
});

describe('the calls of a row', () => {
  const calls = (fields: string, native = 'x86_64') => {
    const [entry] = parseTable(`test type: bpf-sim\n${fields}`);
    if (entry?.type !== 'bpf-sim') throw new Error('no row');
    return [...simulatedCalls(entry, parseArchitecture(native), (name) => name.length)];
  };

  it('multiply out ranges, in any base', () => {
    const all = calls('a all 7-9 0x0E-0x10 N 1-2 N N N ALLOW');
    expect(all).toHaveLength(18);
    expect(all[0]).toMatchObject({ nr: 7, args: [14n, 0n, 1n, 0n, 0n, 0n] });
    expect(all.at(-1)).toMatchObject({ nr: 9, args: [16n, 0n, 2n, 0n, 0n, 0n] });
  });

  it('resolve names, and take numbers as the kernel would', () => {
    expect(calls('a all read N N N N N N ALLOW')[0]!.nr).toBe(4);
    expect(calls('a all -1 N N N N N N ALLOW')[0]!.nr).toBe(-1);
    expect(calls('a all 4294867295 N N N N N N ALLOW')[0]!.nr).toBe(-100001);
    expect(calls('a all 0 0xFFFFFFFFFFFFFFFF N N N N N ALLOW')[0]!.args[0]).toBe(2n ** 64n - 1n);
  });
});
