import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../cli/scmp.js';
import { Workspace } from '../docs/workspace.js';
import { hasSeccomp } from '../kernel/has-seccomp.js';

const folder = `${ROOT}examples/prebuilt`;
const FILTERS = ['escape.filter.mjs', 'sockets.filter.mjs'];
const workspace = new Workspace();
const run = (command: string) => workspace.shell(command);
const build = (JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as { scripts: Record<string, string> })
  .scripts.build as string;
const text = (name: string) => readFileSync(join(workspace.folder, name), 'utf8');

beforeAll(() => {
  for (const name of readdirSync(folder)) {
    if (!/\.filter\.mjs$|node_modules/.test(name)) cpSync(join(folder, name), join(workspace.folder, name));
  }
  const { status, output } = run(build);
  expect(status, output).toBe(0);
});
afterAll(() => workspace.remove());

describe('examples/prebuilt', () => {
  it('builds the same files again, of the sizes that the page says', () => {
    const first = FILTERS.map(text);
    for (const name of FILTERS) rmSync(join(workspace.folder, name));
    expect(run(build).status).toBe(0);
    expect(FILTERS.map(text)).toEqual(first);
    const page = readFileSync(`${ROOT}docs/prebuilt.md`, 'utf8');
    const [, size, packed] = /both files: ([\d.]+) kB, ([\d.]+) kB gzipped/.exec(page) ?? [];
    const whole = first.join('');
    expect([Number(size), Number(packed)]).toEqual([
      Math.round(whole.length / 100) / 10,
      Math.round(gzipSync(whole, { level: 9 }).length / 100) / 10,
    ]);
  });

  it('has no way round, on any machine', () => {
    const { status, output } = run('node --test no-way-round.test.mjs');
    expect(status, output).toBe(0);
    expect(Number(/^# pass (\d+)/m.exec(output)?.[1] ?? /pass (\d+)/.exec(output)?.[1])).toBeGreaterThan(70);
  });

  it('is told by its own test where a sibling was forgotten', () => {
    const forgotten = text('escape.json').replace('"fsmount",', '').replace('"io_uring_setup",', '');
    writeFileSync(join(workspace.folder, 'escape.json'), forgotten);
    expect(run(build).status).toBe(0);
    const { status, output } = run('node --test no-way-round.test.mjs');
    cpSync(join(folder, 'escape.json'), join(workspace.folder, 'escape.json'));
    expect(run(build).status).toBe(0);
    expect(status).not.toBe(0);
    expect(output).toMatch(/fsmount passes/);
    // the other filter of the stack still denies it
    expect(output).not.toMatch(/io_uring_setup passes/);
  });

  it.runIf(hasSeccomp())('is loaded as a stack, and holds', () => {
    expect(run('node load.mjs grep Seccomp_filters: /proc/self/status').output).toMatch(
      /Seccomp_filters:\t([2-9]|\d\d)/,
    );
    const socket = "require('net').connect('/none').on('error', (error) => console.log(error.code))";
    expect(run(`node load.mjs node -e "${socket}"`).output).toContain('EPERM');
    expect(run('node load.mjs unshare --user true').output).toMatch(/unshare.*(not permitted|failed)/);
    expect(run('node load.mjs node -p "1 + 1"').output.trim()).toBe('2');
  });
});
