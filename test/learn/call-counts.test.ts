import { describe, expect, it } from 'vitest';
import { type ArchitectureName, parseArchitecture } from '../../src/architecture.js';
import { readCallCounts, writeCallCounts } from '../../src/learn/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';

const libseccomp = loadLibseccompSync();

const read = (text: string, architecture: ArchitectureName = 'x86_64') =>
  readCallCounts(text, { architecture, source: 'c.txt', libseccomp });
/** As `architecture name count`. */
function counted(text: string, architecture?: ArchitectureName): string[] {
  return read(text, architecture).calls.map(({ auditArch, nr, weight }) => {
    const names = (['x86_64', 'x32', 'x86', 'aarch64', 'arm'] as const).filter((name) => {
      return parseArchitecture(name).auditArch === auditArch && (name === 'x32') === nr >= 0x40000000;
    });
    return `${names.join()} ${libseccomp.resolveSyscallNumber(nr, parseArchitecture(names[0]!))} ${weight}`;
  });
}

const TABLE = `strace: Process 7 attached
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ------------------
 60.00    0.000060           6        10           read
 40.00    0.000040           4        12         3 openat
  0.00    0.000000           0         1           syscall_0x1
------ ----------- ----------- --------- --------- ------------------
100.00    0.000100           5        23         3 total
`;

describe('counts of calls', () => {
  it('are read from the table of strace -c, with and without errors in a row', () => {
    expect(counted(TABLE)).toEqual(['x86_64 read 10', 'x86_64 openat 12', 'x86_64 write 1']);
  });

  it('are read from the tables of -U, and of a second mode', () => {
    const table = (mode: string, name: string) =>
      `System call usage summary for ${mode} mode:\n    calls syscall\n--------- --------\n 5 ${name}\n--------- --------\n 5 total\n`;
    expect(counted(table('64 bit', 'read') + table('32 bit', 'mmap2'))).toEqual(['x86_64 read 5', 'x86 mmap2 5']);
    expect(() => read(table('n32', 'read'))).toThrow(/^c\.txt:1: strace has no mode "n32" on x86_64/);
    expect(() => read('    time syscall\n')).toThrow(/^c\.txt:1: the table has no column of calls: strace -c -U/);
  });

  it('are read from a list, with comments, architectures, sums and calls that are not there', () => {
    const list = '# of my server\nread 10 # mostly\n\nread 2.5\nx32 write 3\nx86 socketcall 4\nopen 0\nfstat64 9\n';
    expect(counted(list)).toEqual(['x86_64 read 12.5', 'x32 write 3', 'x86 socketcall 4']);
    expect(counted('openat 1\nopen 5\n', 'aarch64')).toEqual(['aarch64 openat 1']);
  });

  it.each([
    ['raed 10', /^c\.txt:1: "raed" is no system call; did you mean read\?$/],
    ['# a\nread ten', /^c\.txt:2: "ten" is no count: a number of at least 0$/],
    ['read -1', /^c\.txt:1: "-1" is no count/],
    ['vax read 1', /^c\.txt:1: "vax" is no architecture; a line is \[architecture\] name count$/],
    ['read', /^c\.txt:1: a line is a name and a count/],
    ['a b c d', /^c\.txt:1: a line is a name and a count/],
    ['{ "syscalls": [] }', /^c\.txt:1: .*a profile has no counts/],
    ['openat(AT_FDCWD, "x", 0) = 3', /^c\.txt:1: .*counted by strace -c/],
    ['% time calls syscall\n1.0 x read', /^c\.txt:2: this is no row of the table/],
    ['', /^c\.txt: there is no call of x86_64/],
    ['read 0', /^c\.txt: there is no call of x86_64/],
  ])('%j is refused, with its place', (text, message) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'INVALID_CALL_COUNTS' }));
    expect(() => read(text)).toThrow(message);
  });

  it('of names in a table that are not known are not counted, which is said', () => {
    const { calls, warnings } = read(TABLE.replace('read', 'raed'));
    expect(calls).toHaveLength(2);
    expect(warnings).toEqual([
      { code: 'unknown-syscall', message: 'c.txt:4: "raed" is no system call; did you mean read?: not counted' },
    ]);
  });

  it('that were observed are written as they are read', () => {
    const observed = [
      { architecture: 'x86_64', name: 'write', args: [], count: 1 },
      { architecture: 'x86_64', name: 'ioctl', args: [{ index: 1, mask: 1n, value: 0n }], count: 3 },
      { architecture: 'x86_64', name: 'ioctl', args: [{ index: 1, mask: 1n, value: 1n }], count: 4 },
      { architecture: 'x86', name: 'mmap2', args: [], count: 2 },
    ] as const;
    const text = writeCallCounts(observed, 'of a\ncommand');
    expect(text).toBe('# of a\\u000acommand\nx86_64 ioctl 7\nx86 mmap2 2\nx86_64 write 1\n');
    expect(counted(text)).toEqual(['x86_64 ioctl 7', 'x86 mmap2 2', 'x86_64 write 1']);
  });
});
