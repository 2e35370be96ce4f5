// Reading logs of a fleet with `scmp why`: how much a second of processor time takes, and the memory.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure } from './figure.js';
import { median } from './quantile.js';

const ROUNDS = 3;
const SIZE = 100_000_000;

/** The figures of the built package (dist/scmp.cjs), from the project's root. Needs a shell and GNU time(1). */
export function logFigures(root: string): Figure[] {
  const folder = mkdtempSync(join(tmpdir(), 'scmp-bench-logs-'));
  const scmp = join(root, 'dist/scmp.cjs');
  const empty = join(folder, 'empty');
  /** Of one run: user and system time in seconds, and the most memory in MB. */
  const run = (command: string) => {
    const { stderr } = spawnSync('/usr/bin/time', ['-f', '%U %S %M', 'sh', '-c', command], { encoding: 'utf8' });
    const [user, system, kilobytes] = stderr.trim().split('\n').at(-1)!.split(' ').map(Number) as [
      number,
      number,
      number,
    ];
    return { seconds: user + system, megabytes: kilobytes / 1000 };
  };
  try {
    writeFileSync(empty, '');
    const why = `${process.execPath} ${scmp} why`;
    const base = process.env.BENCH_BASE;
    /** How fast a build reads a log for `scmp record`; `short`: one with the same lines, of which the start is most. */
    const recordRate = (build: string, kind: string, log: string, short: string) => {
      const seconds = (file: string) =>
        run(`${process.execPath} ${join(build, 'dist/scmp.cjs')} record --from-${kind} ${file} -o ${empty}.json`)
          .seconds;
      return statSync(log).size / 1e6 / (seconds(log) - seconds(short));
    };
    return (['audit', 'strace'] as const).flatMap((kind): Figure[] => {
      const log = join(folder, kind);
      writeFileSync(log, makeLog(kind));
      const rounds = Array.from({ length: ROUNDS }, () => {
        const start = run(`${why} --log ${kind} ${empty} > ${empty}.out`).seconds;
        const file = run(`${why} --log ${kind} ${log} > ${empty}.out`);
        const piped = run(`cat ${log} | ${why} --log ${kind} - > ${empty}.out`);
        return {
          rate: statSync(log).size / 1e6 / (file.seconds - start),
          memory: Math.max(file.megabytes, piped.megabytes),
        };
      });
      const short = join(folder, `${kind}-short`);
      writeFileSync(short, makeLog(kind, 500));
      const ratios = base
        ? Array.from({ length: ROUNDS }, () => recordRate(root, kind, log, short) / recordRate(base, kind, log, short))
        : [];
      const bar = kind === 'audit' ? 150 : 60;
      const ratioBar = kind === 'audit' ? 2 : 12;
      const ratio = median(ratios);
      const rate = median(rounds.map((round) => round.rate));
      const memory = Math.max(...rounds.map((round) => round.memory));
      return [
        {
          what: `scmp why: ${kind} log of 100 MB`,
          value: `${rate.toFixed(0)} MB a second of processor time`,
          bar: `at least ${bar}`,
          holds: rate >= bar,
        },
        {
          what: `scmp why: ${kind} log, memory from a file and from a pipe`,
          value: `${memory.toFixed(0)} MB`,
          bar: 'under 200',
          holds: memory < 200,
        },
        ...(base
          ? [
              {
                what: `scmp record: ${kind} log of 100 MB, to the build in BENCH_BASE`,
                value: `${ratio.toFixed(1)} times as fast`,
                bar: `at least ${ratioBar}`,
                holds: ratio >= ratioBar,
              },
            ]
          : []),
      ];
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const CALLS = [
  (n: number) => `openat(AT_FDCWD, "/usr/lib/x86_64-linux-gnu/libfoo${n}.so", O_RDONLY|O_CLOEXEC) = 3`,
  (n: number) => `read(3, "\\177ELF\\2\\1\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0"..., ${n}) = 832`,
  (n: number) => `mmap(NULL, ${n}, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0b1f6fe000`,
  (n: number) => `socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0) = ${n}`,
  () => 'ioctl(1, TCGETS, 0x7ffd) = -1 ENOTTY (Inappropriate ioctl for device)',
];

function makeLog(kind: 'audit' | 'strace', bytes = SIZE): string {
  const lines: string[] = [];
  for (let size = 0, at = 0; size < bytes; at++) {
    const time = `${1_700_000_000 + Math.floor(at / 1000)}.${String(at % 1000).padStart(3, '0')}`;
    const pid = 1000 + ((at * 7919) % 8000);
    const line =
      kind === 'audit'
        ? `type=SECCOMP msg=audit(${time}:${at}): auid=1000 uid=1000 gid=1000 ses=2 subj=unconfined pid=${pid} comm="node${at % 7}" exe="/usr/bin/node" sig=0 arch=c000003e syscall=${[0, 56, 101, 165, 257][at % 5]} compat=0 ip=0x7f0b${(at * 40503) % 1_000_000} code=0x${['7ffc0000', '50000', '80000000'][at % 3]}\n`
        : `${pid} ${time} ${CALLS[at % CALLS.length]!(at % 100_000)}\n`;
    lines.push(line);
    size += line.length;
  }
  return lines.join('');
}
