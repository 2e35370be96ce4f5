import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCommand } from '../../native-loader/run/path-lookup.js';

// Permissions and slashes as POSIX has them.
describe.skipIf(process.platform === 'win32')('findCommand', () => {
  let root: string;
  let bin: string;
  let other: string;

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'path-lookup-'));
    [bin, other] = [join(root, 'bin'), join(root, 'other')] as const;
    mkdirSync(bin);
    mkdirSync(join(other, 'directory'), { recursive: true });
    const write = (path: string, mode: number) => {
      writeFileSync(path, '');
      chmodSync(path, mode);
    };
    write(join(bin, 'tool'), 0o755);
    write(join(other, 'tool'), 0o644);
    write(join(other, 'plain'), 0o644);
    symlinkSync(join(bin, 'tool'), join(other, 'link'));
    symlinkSync('loop', join(other, 'loop'));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const exitCodeOf = (command: string, path?: string) => {
    try {
      return findCommand(command, path);
    } catch (error) {
      return (error as { exitCode: number }).exitCode;
    }
  };

  it('takes a command with a slash as it is', () => {
    expect(findCommand(`${bin}/tool`, '/nowhere')).toBe(`${bin}/tool`);
    expect(exitCodeOf(`${bin}/absent`)).toBe(127);
    expect(exitCodeOf(`${bin}/tool/`)).toBe(126); // ENOTDIR
    expect(exitCodeOf(`${other}/plain`)).toBe(126);
    expect(exitCodeOf(`${other}/directory`)).toBe(126);
    expect(exitCodeOf(`${other}/loop`)).toBe(126);
  });

  it('searches the directories in order', () => {
    expect(findCommand('link', `${bin}:${other}`)).toBe(`${other}/link`);
    expect(findCommand('tool', `${root}/absent:${bin}/tool:${other}:${bin}`)).toBe(`${bin}/tool`);
  });

  it('remembers that it was denied', () => {
    expect(exitCodeOf('tool', other)).toBe(126);
    expect(exitCodeOf('directory', other)).toBe(126);
    expect(exitCodeOf('absent', `${other}:${bin}`)).toBe(127);
  });

  it('stops at an error that execvp does not pass over', () => {
    expect(exitCodeOf('loop', `${other}:${bin}`)).toBe(126);
    expect(exitCodeOf('x'.repeat(5000), bin)).toBe(126); // ENAMETOOLONG
  });

  it('finds nothing under an empty name', () => {
    expect(exitCodeOf('', bin)).toBe(127);
  });

  it('has a default where PATH is not set, and none where it is empty', () => {
    expect(findCommand('sh', undefined)).toMatch(/^(\/usr)?\/bin\/sh$/);
    expect(exitCodeOf('sh', '')).toBe(127);
  });
});
