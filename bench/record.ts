// Recording a build-like workload, against strace(1) on the same and against none: what `scmp record` is held to.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure } from './figure.js';
import { median } from './quantile.js';

const FILES = 10;
const ROUNDS = 5;

/**
 * The figures of `scmp record` in the built package (dist/scmp.cjs), from the project's root. Needs Linux, gcc, make and
 * strace. The workload is a make of ten C files; ratios are medians of pairs that are measured in turn.
 */
export function recordFigures(root: string): Figure[] {
  const folder = mkdtempSync(join(tmpdir(), 'scmp-bench-record-'));
  try {
    writeWorkload(folder);
    const scmp = [process.execPath, join(root, 'dist/scmp.cjs'), 'record', '-o', join(folder, 'profile.json')];
    const build = ['make', '-s'];
    const seconds = (command: readonly string[]) => {
      execFileSync('make', ['-s', 'clean'], { cwd: folder });
      const begin = process.hrtime.bigint();
      const { status, stderr } = spawnSync(command[0]!, command.slice(1), { cwd: folder });
      if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${stderr}`);
      return Number(process.hrtime.bigint() - begin) / 1e9;
    };
    const rounds = Array.from({ length: ROUNDS }, () => ({
      plain: seconds(build),
      strace: seconds(['strace', '-f', '-o', join(folder, 'strace.log'), ...build]),
      // It takes a filter alone: of all calls but one that nothing here makes.
      filtered: seconds([
        'strace',
        '-f',
        '--seccomp-bpf',
        '-e',
        '!sethostname',
        '-o',
        join(folder, 'strace.log'),
        ...build,
      ]),
      record: seconds([...scmp, ...build]),
      args: seconds([...scmp, '--args', ...build]),
      notify: seconds([...scmp, '--observe', 'notify', ...build]),
    }));
    type Way = keyof (typeof rounds)[number];
    const time = (way: Way, what: string): Figure => ({
      what: `recording a build: ${what}`,
      value: `${median(rounds.map((round) => round[way])).toFixed(2)} s`,
    });
    const ratio = (way: Way, to: Way, what: string, bar?: number): Figure => {
      const value = median(rounds.map((round) => round[way] / round[to]));
      const figure = { what: `recording a build: ${what}`, value: value.toFixed(2) };
      return bar === undefined ? figure : { ...figure, bar: `at most ${bar}`, holds: value <= bar };
    };
    return [
      time('plain', 'the build alone'),
      time('strace', 'strace -f -o'),
      time('record', 'scmp record'),
      ratio('record', 'strace', 'scmp record / strace -f -o', 0.55),
      ratio('record', 'plain', 'scmp record / the build alone', 2),
      ratio('args', 'strace', 'scmp record --args / strace -f -o', 0.6),
      ratio('filtered', 'strace', 'strace -f --seccomp-bpf / strace -f -o'),
      ratio('notify', 'strace', 'scmp record --observe notify / strace -f -o'),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function writeWorkload(folder: string): void {
  const headers = ['stdio', 'stdlib', 'string', 'pthread', 'sys/socket']
    .map((name) => `#include <${name}.h>\n`)
    .join('');
  for (let index = 0; index < FILES; index++) {
    writeFileSync(join(folder, `part${index}.c`), `${headers}int part${index}(int a) { return printf("%d", a); }\n`);
  }
  writeFileSync(join(folder, 'main.c'), 'int main(void) { return 0; }\n');
  writeFileSync(
    join(folder, 'Makefile'),
    'program: $(patsubst %.c,%.o,$(wildcard *.c))\n\tgcc -o $@ $^\nclean:\n\trm -f *.o program\n',
  );
}
