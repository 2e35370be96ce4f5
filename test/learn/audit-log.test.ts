import { describe, expect, it } from 'vitest';
import type { ArchitectureName } from '../../src/architecture.js';
import { type LoggedCall, readAuditLog, syscallLookup } from '../../src/learn/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import fc from '../fast-check.js';

const table = syscallLookup(loadLibseccompSync());

function read(text: string, architecture?: ArchitectureName) {
  const calls: LoggedCall[] = [];
  const { filterKills, ...summary } = readAuditLog(text, table, (call) => calls.push(call), { architecture });
  expect(filterKills).toEqual([]);
  return { ...summary, calls: calls.map(({ architecture, name }) => `${architecture} ${name}`) };
}

const FIELDS = 'auid=1000 uid=1000 gid=1000 ses=2 subj=unconfined pid=4242 comm="node" exe="/usr/bin/node" sig=0';
const END = 'compat=0 ip=0x7f0b1f6fe4f9 code=0x7ffc0000';

describe('readAuditLog', () => {
  it.each([
    ['audit.log', `type=SECCOMP msg=audit(1700000000.123:456): ${FIELDS} arch=c000003e syscall=257 ${END}`],
    ['dmesg', `[ 4321.987654] audit: type=1326 audit(1700000000.123:456): ${FIELDS} arch=c000003e syscall=257 ${END}`],
    [
      'journalctl',
      `Nov 24 15:00:00 host audit[4242]: SECCOMP ${FIELDS} arch=c000003e syscall=257 ${END}`.replace(
        'SECCOMP',
        'type=1326 audit(1.2:3):',
      ),
    ],
    [
      'enriched',
      `type=SECCOMP msg=audit(1.2:3): ${FIELDS} arch=c000003e syscall=257 ${END}\x1dARCH=x86_64 SYSCALL=openat AUID="me"`,
    ],
    [
      'ausearch -i',
      'type=SECCOMP msg=audit(11/24/26 15:00:00.123:456) : auid=me uid=me comm=node exe=/usr/bin/node sig=SIG0 arch=x86_64 syscall=openat compat=0 ip=0x7f0b code=log',
    ],
    [
      'journalctl _TRANSPORT=audit',
      `Nov 24 15:00:00 host audit[4242]: SECCOMP ${FIELDS} arch=c000003e syscall=257 ${END}`,
    ],
    [
      'journalctl -o short-iso',
      `2026-11-24T15:00:00+0000 host.example audit[4242]: SECCOMP ${FIELDS} arch=c000003e syscall=257 ${END}`,
    ],
    ['journalctl -o cat', `SECCOMP ${FIELDS} arch=c000003e syscall=257 ${END}`],
    [
      'ausearch -i, of a call it has no name for',
      'type=SECCOMP msg=audit(11/24/26 15:00:00.123:456) : comm=x exe=/x sig=SIG0 arch=x86_64 syscall=unknown-syscall(257) compat=0',
    ],
    [
      'the log enricher, with its own architecture',
      'I1124 15:00:00.000000 1 enricher.go:1] "audit" logger="log-enricher" timestamp="1.2:3" type="seccomp" container="c" executable="/usr/bin/x" pid=4 syscallID=257 syscallName="openat" arch="c000003e"',
    ],
    ['with a carriage return', `type=1326 audit(1.2:3): ${FIELDS} arch=c000003e syscall=257 ${END}\r`],
  ])('reads %s', (_, line) => {
    expect(read(`${line}\n`)).toEqual({ used: 1, problems: [], calls: ['x86_64 openat'] });
  });

  it('tells architectures apart, x32 by its bit', () => {
    const line = (arch: string, nr: number) => `type=1326 audit(1.2:3): ${FIELDS} arch=${arch} syscall=${nr} ${END}\n`;
    const { calls } = read(
      line('40000003', 5) + line('c00000b7', 56) + line('c000003e', 0x40000000 + 257) + line('80000016', 288),
    );
    expect(calls).toEqual(['x86 open', 'aarch64 openat', 'x32 openat', 's390x openat']);
  });

  it('reads older log enrichers, which name no architecture', () => {
    const line = (call: string) =>
      `I1124 15:00:00.000000 1 enricher.go:1] log-enricher "msg"="audit" "container"="c" "executable"="/bin/sh" "pid"=4 ${call} "timestamp"="1.2:3" "type"="seccomp"\n`;
    expect(read(line('"syscallID"=222 "syscallName"="mmap"'), 'aarch64')).toEqual({
      used: 1,
      problems: [],
      calls: ['aarch64 mmap'],
    });
    expect(read(line('"syscallID"=222'), 'aarch64').calls).toEqual(['aarch64 mmap']);
    expect(read(line('"syscallID"=222')).problems).toMatchObject([{ reason: expect.stringContaining('architecture') }]);
    expect(read(line(''), 'aarch64').problems).toMatchObject([{ reason: expect.stringContaining('syscallName') }]);
    // A file's name cannot end its own quotation.
    const named = line('"syscallName"="read"').replace('/bin/sh', '/x\\" "syscallName"="bpf\\"');
    expect(read(named, 'x86_64').calls).toEqual(['x86_64 read']);
  });

  it('takes no other record for one by what a process calls itself', () => {
    const name = '/tmp/type=SECCOMP arch=x86_64 syscall=bpf x';
    for (const record of [
      `type=SYSCALL msg=audit(1.2:3) : arch=x86_64 syscall=read success=yes comm=x exe=${name}`,
      `Nov 24 15:00:00 host audit[1]: SYSCALL arch=c000003e syscall=0 success=yes comm="x" exe="${name}"`,
      `type=SYSCALL msg=audit(1.2:3) : arch=x86_64 syscall=read comm=audit[1]: SECCOMP a=b arch=x86_64 syscall=bpf x`,
    ]) {
      expect(read(record)).toEqual({ used: 0, problems: [], calls: [] });
    }
  });

  it('reads libseccomp’s names of what ausearch names otherwise', () => {
    expect(read('type=SECCOMP msg=audit(1.2:3) : comm=x arch=arm syscall=fadvise64_64 compat=0').calls).toEqual([
      'arm arm_fadvise64_64',
    ]);
  });

  it('is not misled by what a process calls itself', () => {
    const line = `type=SECCOMP msg=audit(1.2:3) : comm=x arch=x86_64 syscall=mount exe=/tmp/arch=x86_64 syscall=bpf sig=0 arch=x86_64 syscall=read compat=0`;
    expect(read(line).calls).toEqual(['x86_64 read']);
  });

  it('passes over other records and separators, and counts what is none', () => {
    const { used, problems } = read(
      [
        '----',
        'time->Tue Nov 24 15:00:00 2026',
        'type=SYSCALL msg=audit(1.2:3): arch=c000003e syscall=59 success=yes exit=0',
        'hello',
        'world',
        '',
        `type=1326 audit(1.2:3): ${FIELDS} arch=c000003e syscall=0 ${END}`,
      ].join('\n'),
    );
    expect(used).toBe(1);
    expect(problems).toEqual([{ line: 4, text: 'hello', reason: 'no audit record', count: 2 }]);
  });

  it.each([
    ['a cut record', `type=1326 audit(1.2:3): ${FIELDS} arch=c000003e sysc`, 'arch'],
    ['a number without a name', `type=1326 arch=c000003e syscall=9999 ${END}`, 'unknown system call 9999 on x86_64'],
    ['a name that is none', `type=1326 arch=x86_64 syscall=nonsense ${END}`, 'unknown system call nonsense'],
    ['an architecture that is none', `type=1326 arch=deadbeef syscall=1 ${END}`, 'unknown architecture deadbeef'],
  ])('counts %s', (_, line, reason) => {
    expect(read(line)).toMatchObject({
      used: 0,
      calls: [],
      problems: [{ line: 1, reason: expect.stringContaining(reason) }],
    });
  });

  it('tells where the kernel dropped records', () => {
    const { problems } = read(
      '[ 8937.37] kauditd_printk_skb: 3729 callbacks suppressed\n[1.2] audit: audit_lost=12 audit_rate_limit=0 audit_backlog_limit=64\n',
    );
    expect(problems).toMatchObject([{ reason: expect.stringContaining('calls are missing'), count: 2 }]);
  });

  it('shows no control characters of a log', () => {
    expect(read('\x1b[2Jevil\u202e').problems[0]!.text).toBe('\\u001b[2Jevil\\u202e');
  });

  it('takes any text, and accounts for every line of a record (property)', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'type=1326 ',
        'arch=c000003e ',
        'syscall=',
        '257',
        '\n',
        ' compat=0',
        'arch=',
        'x86_64 ',
        '-1',
        '\0',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const { used, problems, calls } = read(pieces.join(''));
        expect(used).toBe(calls.length);
        const lines = pieces.join('').split('\n').length;
        expect(problems.reduce((sum, { count }) => sum + count, used)).toBeLessThanOrEqual(lines);
      }),
    );
  });

  it('takes long lines and many in reasonable time', () => {
    const begin = performance.now();
    read(`type=1326 ${'arch=c000003e syscall= '.repeat(50_000)}`);
    read('type=1326 arch=c000003e syscall=257 compat=0\n'.repeat(50_000));
    expect(performance.now() - begin).toBeLessThan(30_000);
  });
});
