import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { ROOT } from './scmp.js';

it.each(['--help', '--version', 'compile --help', 'help check', 'man', 'completion bash', 'schema'])(
  'scmp %s ends quietly where its reader has gone away',
  (args) => {
    // The reader ends before the command has begun to write.
    const run = `{ sleep 0.3; ${JSON.stringify(process.execPath)} dist/scmp.cjs ${args}; echo "status $?" >&2; } | true`;
    const { stderr } = spawnSync('bash', ['-c', run], { cwd: ROOT, encoding: 'utf8' });
    expect(stderr).not.toMatch(/EPIPE|\n\s+at /);
    expect(stderr).toMatch(/status \d+\n$/);
  },
);

it('and where nobody reads its errors', () => {
  const run = `{ { sleep 0.3; ${JSON.stringify(process.execPath)} dist/scmp.cjs compile --hlp; } 2>&1 >&3 | true; } 3>&1; true`;
  const { stdout, status } = spawnSync('bash', ['-c', run], { cwd: ROOT, encoding: 'utf8' });
  expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
});
