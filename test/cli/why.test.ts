import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT, scmp } from './scmp.js';

const folder = mkdtempSync(join(tmpdir(), 'scmp-why-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function file(content: string | Uint8Array, name = `log-${files++}`): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const PROFILE = file(
  JSON.stringify({
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 1,
    architectures: ['SCMP_ARCH_X86_64'],
    syscalls: [
      { names: ['read', 'execve'], action: 'SCMP_ACT_ALLOW' },
      { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }] },
      { names: ['chroot'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_SYS_CHROOT'] } },
      { names: ['reboot'], action: 'SCMP_ACT_KILL_PROCESS' },
    ],
  }),
  'profile.json',
);
const ARCH = ['--arch', 'x86_64'];
const record = (call: number, code = '0x50000', pid = 7) =>
  `type=SECCOMP msg=audit(1700000000.123:1): auid=0 pid=${pid} comm="app" exe="/usr/bin/app" sig=0 arch=c000003e syscall=${call} compat=0 ip=0x7f code=${code}\n`;
const why = (args: readonly string[], input = '') => {
  const { stdout, stderr, status } = scmp(['why', ...args], { input });
  return { text: stdout.toString(), stderr, status };
};
interface Row {
  syscall: string;
  denied: boolean;
  count: number;
  answer: string;
  first: { source: string };
  profiles: { why: string; advice: string[] }[];
  opens?: string[];
}
const rows = (args: readonly string[], input = ''): Row[] => JSON.parse(why([...args, '--json'], input).text).denials;

describe('scmp why', () => {
  it('says which program was denied which call, how often and when', () => {
    const { text, status } = why(['-'], record(101) + record(101, '0x50000', 8) + record(0, '0x7ffc0000'));
    expect(text).toContain('1 kind of denied calls, 2 times, 1 program; 3 calls read');
    expect(text).toMatch(/^\/usr\/bin\/app +2 +ptrace +x86_64 +ERRNO +2 +2023-11-14 22:13:20Z/m);
    expect(text).toMatch(/^\/usr\/bin\/app +1 +read +x86_64 +LOG +1 /m);
    expect(status).toBe(1);
  });

  it('exits with 0 where nothing was denied', () => {
    expect(why(['-'], record(0, '0x7ffc0000')).status).toBe(0);
    expect(why(['-', '--profile', PROFILE, ...ARCH], record(0, '0x7ffc0000')).status).toBe(0);
  });

  it('says why, and what to add', () => {
    const log = [101, 161, 169, 0, 41].map((call) => record(call, call === 169 ? '0x80000000' : '0x50000')).join('');
    const found = new Map(
      rows(['-', '--profile', PROFILE, ...ARCH], log).map((row) => [row.syscall, row.profiles[0]!]),
    );
    expect(found.get('ptrace')!.why).toContain('ERRNO(EPERM): the default, no entry names it');
    expect(found.get('ptrace')!.advice).toEqual([
      'to allow it, add: { "names": [ "ptrace" ], "action": "SCMP_ACT_ALLOW" }',
    ]);
    expect(found.get('chroot')!.why).toContain('the container lacks CAP_SYS_CHROOT');
    expect(found.get('chroot')!.advice[0]).toContain('--cap-add SYS_CHROOT');
    expect(found.get('reboot')).toMatchObject({
      why: expect.stringMatching(/^KILL_PROCESS: .*syscalls\[3\]/),
      advice: [],
    });
    expect(found.get('read')!.why).toContain('it allows the call, so another filter in the stack answered');
    expect(found.get('socket')!.why).toContain('the conditions of');
  });

  it('says what a profile does with a number that has no name, and that no entry can have one', () => {
    const [numbered] = rows(['-', '--profile', PROFILE, ...ARCH], record(9999));
    expect(numbered).toMatchObject({ syscall: 'syscall_9999', number: 9999, denied: true });
    expect(numbered!.profiles[0]).toMatchObject({
      why: expect.stringMatching(/^ERRNO\(EPERM\): no call of this/),
      advice: [],
    });
    const traced = '7 syscall_0x270f(0x1, 0x2) = -1 ENOSYS (Function not implemented)\n7 getpid() = 7\n';
    expect(rows(['-', '--profile', PROFILE, ...ARCH], traced).map(({ syscall }) => syscall)).toContain('syscall_9999');
  });

  it('takes ausearch’s word for a kill as either kind', () => {
    const log =
      'type=SECCOMP msg=audit(11/24/26 15:00:00.123:456) : pid=4 comm=app exe=/bin/app sig=SIGSYS arch=x86_64 syscall=reboot compat=0 ip=0x7f0b code=kill\n';
    expect(rows(['-', '--profile', PROFILE, ...ARCH], log)).toMatchObject([
      { answer: 'KILL', denied: true, profiles: [{ why: expect.stringMatching(/^KILL_PROCESS: [^;]*$/) }] },
    ]);
  });

  it.each(['7 [00007fdbb1304ad7] ', '7 [  59] ', '[pid 7] 15:00:00.123 [  59] ', '7<app> (+     0.000034) '])(
    'knows a log of strace by lines that begin with %j',
    (begin) => {
      const log = `${begin}getpid() = 7\n`.repeat(3);
      expect(rows(['-', '--profile', PROFILE, ...ARCH], log)).toMatchObject([{ syscall: 'getpid', count: 3 }]);
    },
  );

  it('says what to add in the format of the profile', () => {
    const unit = file('[Service]\nSystemCallFilter=read write\nSystemCallErrorNumber=EPERM\n', 'app.service');
    const [row] = rows(['-', '--profile', unit, ...ARCH], record(41));
    expect(row!.profiles[0]!.advice).toEqual([expect.stringMatching(/add: SystemCallFilter=socket\b/)]);
    const list = file('default errno EPERM\nallow read\n', 'app.list');
    const [other] = rows(['-', '--profile', list, '--from', 'list', ...ARCH], record(101));
    expect(other!.profiles[0]!.advice[0]).toContain('add: allow ptrace');
  });

  it('says what check finds in the profile with the addition', () => {
    const [row] = rows(['-', '--profile', PROFILE, ...ARCH], record(425));
    expect(row).toMatchObject({
      syscall: 'io_uring_setup',
      opens: [expect.stringContaining('[io-uring-open]'), expect.stringContaining('[sensitive-call]')],
    });
  });

  it('asks another profile about the same calls', () => {
    const other = file(JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW' }));
    const [row] = rows(['-', '--profile', PROFILE, '--against', other, ...ARCH], record(101));
    expect(row!.profiles.map((each) => each.why)).toEqual([
      expect.stringContaining('ERRNO(EPERM)'),
      expect.stringContaining('ALLOW'),
    ]);
    expect(why(['-', '--against', other])).toMatchObject({ status: 2, stderr: expect.stringContaining('--profile') });
  });

  it('says beforehand what a profile would deny of a run that worked', () => {
    const log =
      '7 execve("/usr/bin/app", ["app"], 0x7ff /* 2 vars */) = 0\n7 socket(AF_UNIX, SOCK_STREAM, 0) = 3\n7 socket(AF_INET, SOCK_STREAM, 0) = 4\n7 getpid() = 7\n';
    const found = rows(['-', '--profile', PROFILE, ...ARCH], log);
    expect(found.map(({ syscall, answer, denied }) => [syscall, answer, denied])).toEqual([
      ['socket', 'executed', true],
      ['getpid', 'executed', true],
    ]);
    expect(found[0]!.profiles[0]!.advice[0]).toContain('"valueTwo": 2,');
    const families = ['AF_INET', 'AF_INET6', 'AF_INET'];
    const sockets = families.map((family) => `7 socket(${family}, SOCK_STREAM, 0) = 4\n`).join('');
    const each = rows(['-', '--profile', PROFILE, ...ARCH], sockets);
    expect(each.map(({ count, profiles }) => [count, /"valueTwo": \d+/.exec(profiles[0]!.advice[0]!)![0]])).toEqual([
      [2, '"valueTwo": 2'],
      [1, '"valueTwo": 10'],
    ]);
  });

  it.each(['markdown', 'github'])('reports as %s', (format) => {
    const { text, status } = why(['-', '--profile', PROFILE, '--format', format, ...ARCH], record(101));
    expect(text).toContain(format === 'github' ? '::error title=' : '| --- |');
    expect(text).toContain('ptrace');
    expect(status).toBe(1);
  });

  it('reads folders, the oldest file first, links to files, and what gzip and zstd packed', () => {
    const logs = join(folder, 'logs');
    mkdirSync(join(logs, 'pods'), { recursive: true });
    for (const [name, content, age] of [
      ['logs/new', record(101), 1],
      ['logs/old.gz', gzipSync(record(165)), 3],
      ['logs/older.zst', zstd(record(166)), 5],
      ['logs/pods/x.log', record(101), 2],
    ] as const) {
      const path = file(content, name);
      utimesSync(path, Date.now() / 1000 - age * 100, Date.now() / 1000 - age * 100);
    }
    symlinkSync(file(record(161), 'elsewhere'), join(logs, 'link'));
    symlinkSync(logs, join(logs, 'loop'));
    const found = rows([logs]);
    expect(found.map(({ syscall, count }) => `${syscall} ${count}`).sort()).toEqual([
      'chroot 1',
      'mount 1',
      'ptrace 2',
      'umount2 1',
    ]);
    expect(found.find(({ syscall }) => syscall === 'ptrace')!.first.source).toBe(join(logs, 'new'));
    const broken = file(gzipSync(record(165)).subarray(0, 40));
    expect(why([broken])).toMatchObject({ status: 2, stderr: expect.stringContaining('cannot be unpacked') });
    expect(why([join(folder, 'none')])).toMatchObject({ status: 2, stderr: expect.stringContaining('no such file') });
  });

  it('follows a log that grows, until it is interrupted', async () => {
    const log = file(record(101));
    const child = spawn(process.execPath, [
      `${ROOT}dist/scmp.cjs`,
      'why',
      '--follow',
      log,
      '--profile',
      PROFILE,
      ...ARCH,
    ]);
    let printed = '';
    const until = (text: string) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (printed.includes(text)) resolve();
        };
        child.stdout.on('data', look);
        look();
      });
    child.stdout.on('data', (data) => {
      printed += data;
    });
    await until('ptrace');
    appendFileSync(log, record(165));
    await until('mount');
    child.kill('SIGINT');
    const status = await new Promise((resolve) => child.on('exit', resolve));
    expect(printed).toContain('2 kinds of denied calls');
    expect(status).toBe(1);
  });

  it('reads what run --trace reports of this kernel', () => {
    const { stderr, status } = scmp([
      'run',
      '--trace',
      '--profile',
      'examples/no-network.json',
      '--',
      'node',
      '-e',
      'require("net").connect(9, "127.0.0.1").on("error", () => {})',
    ]);
    expect(status, stderr).toBe(0);
    const found = rows(['-', '--profile', 'examples/no-network.json'], stderr);
    expect(found).toMatchObject([{ syscall: 'socket', denied: true }]);
  });

  it('reads strace of a filtered command on this kernel', (context) => {
    if (spawnSync('strace', ['-V']).error) context.skip('strace is not installed');
    const log = join(folder, 'strace');
    const killing = file(
      JSON.stringify({
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_KILL_PROCESS' }],
      }),
    );
    spawnSync('strace', [
      '-f',
      '-o',
      log,
      process.execPath,
      `${ROOT}dist/scmp.cjs`,
      'run',
      '--profile',
      killing,
      '--',
      'mkdir',
      join(folder, 'never'),
    ]);
    const found = rows([log, '--profile', killing]).filter(({ denied }) => denied);
    expect(found.map(({ answer, profiles }) => [answer, profiles[0]!.why.split(':')[0]])).toEqual([
      ['SIGSYS', 'KILL_PROCESS'],
    ]);
  });
});

/** A frame with one raw block (RFC 8878). */
function zstd(text: string): Buffer {
  const content = Buffer.from(text);
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0]);
  header.writeUInt32LE(content.length, 5);
  const block = Buffer.alloc(3);
  block.writeUIntLE((content.length << 3) | 1, 0, 3);
  return Buffer.concat([header, block, content]);
}
