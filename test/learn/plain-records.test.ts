import { describe, expect, it } from 'vitest';
import { auditLogReader } from '../../src/learn/audit-log.js';
import { type LoggedCall, type LoggedPlace, readAuditLog, syscallLookup } from '../../src/learn/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import fc from '../fast-check.js';

const table = syscallLookup(loadLibseccompSync());

interface Counted {
  call: LoggedCall;
  count: number;
  first: LoggedPlace;
  last: LoggedPlace;
  pids: string[];
}

const keyOf = ({ architecture, name, outcome, program }: LoggedCall) =>
  JSON.stringify([architecture, name, outcome, program]);
function add(all: Map<string, Counted>, call: LoggedCall, counted: Omit<Counted, 'call'>): void {
  const known = all.get(keyOf(call));
  if (!known) all.set(keyOf(call), { call, ...counted });
  else {
    known.count += counted.count;
    if (counted.last.line > known.last.line) known.last = counted.last;
    known.pids = [...known.pids, ...counted.pids].sort();
  }
}

/** Each line by itself, as text. */
function oneByOne(log: string) {
  const calls = new Map<string, Counted>();
  const summary = readAuditLog(log, table, (call, place) =>
    add(calls, call, { count: 1, first: place, last: place, pids: place.pid === undefined ? [] : [place.pid] }),
  );
  return { ...summary, calls: [...calls.values()] };
}

/** By kind, as bytes where they are plain. */
function counted(log: string, size: number) {
  const calls = new Map<string, Counted>();
  const reader = auditLogReader(table, (call, { count, first, last, pids }) =>
    add(calls, call, { count, first, last, pids: pids.map(String) }),
  );
  const bytes = Buffer.from(log);
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
  return { ...reader.end(), calls: [...calls.values()] };
}

const part = (name: string, ...values: string[]) => fc.constantFrom(...values).map((value) => ` ${name}=${value}`);
const record = fc
  .tuple(
    fc.constantFrom(
      'type=SECCOMP msg=audit(1700000000.123:4):',
      '[ 12.345678] audit: type=1326 audit(1700000001.5:6):',
      'audit: type=1326 audit(1.2:3):',
      'Nov 24 15:00:00 host kernel: audit: type=1326 audit(1700000001.5:6):',
      'Nov 24 15:00:00 host audit[42]: SECCOMP',
      'Nov 24 15:00:00 audit[42]: SECCOMP',
      'SECCOMP',
      'node=host type=SECCOMP msg=audit(1.2:3):',
      'type=SYSCALL msg=audit(1.2:3):',
      'type=1327 audit(1.2:3):',
      'hello',
      '',
    ),
    part('auid', '0', '4294967295'),
    part('subj', 'unconfined', 'docker-default (enforce)', 'comm=x'),
    fc.constantFrom(' pid=7', ' pid=4242', ' pid=1', '', ' pid=99999999999'),
    part('comm', '"node"', '"a"', '612062', '(null)', '""', 'node', '"a b"', '"x" exe="/y"', 'a comm=b', '"comm=x"'),
    part('exe', '"/usr/bin/node"', '2F746D702F6120622F78', '(null)', '/a b', '"/x" sig=0 arch=c000003e syscall=321'),
    part('sig', '0', '31', 'SIGSYS'),
    part('arch', 'c000003e', '40000003', 'x86_64', 'deadbeef'),
    part('syscall', '101', '257', '1073742081', 'ptrace', '9999', '-1'),
    part('compat', '0', '1', ''),
    part('ip', '0x7f01', '0x0', '0x7ffe12345678', '1'),
    part(
      'code',
      '0x7ffc0000',
      '0x50000',
      '0x80000000',
      'errno',
      '0x50000 more',
      '0x0\x1dARCH=x86_64 SYSCALL=openat AUID="me"',
    ),
    fc.constantFrom('\n', '\r\n', ' \n'),
  )
  .map((parts) => parts.join(''));

describe('records that are read as bytes', () => {
  it('are those that are read as text (property)', () => {
    fc.assert(
      fc.property(
        fc
          .array(record, { minLength: 1, maxLength: 6 })
          .chain((kinds) => fc.array(fc.constantFrom(...kinds), { maxLength: 30 })),
        fc.integer({ min: 1, max: 4000 }),
        (records, size) => {
          const log = records.join('');
          expect(counted(log, size)).toEqual(oneByOne(log));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('do not count for one another where their hashes are alike', () => {
    // The middle of a name is in no hash.
    const of = (name: string) =>
      `type=SECCOMP msg=audit(1.2:3): auid=0 pid=7 comm="x" exe="/usr/bin/${name}" sig=0 arch=c000003e syscall=101 compat=0 ip=0x1 code=0x50000\n`;
    const names = Array.from({ length: 40 }, (_, index) => `n${index + 10}`);
    const log = names
      .map((name) => of(name))
      .join('')
      .repeat(3);
    const { calls } = counted(log, 1000);
    expect(calls.map(({ call, count }) => [call.program, count])).toEqual(names.map((name) => [`/usr/bin/${name}`, 3]));
  });
});
