import { spawnSync } from 'node:child_process';

/**
 * The Python interpreter itself. What is called `python3` on PATH may be a script that looks for one (pyenv's shims
 * are), and then its own system calls would be among those a test counts.
 */
export const PYTHON = findPython();

function findPython(): string {
  const { status, stdout } = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' });
  if (status !== 0) throw new Error('these tests need python3 (./build.sh --test installs it where it may)');
  return stdout.trim();
}
