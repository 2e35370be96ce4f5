import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SupervisorOptions } from '../../native-loader/index.js';
import { machine } from './bpf.js';
import { describeSupervisor, loader, notifyOf, outcome } from './sandbox.js';

const THREADS = 200;
const CALLS_EACH = 50;
const SEVEN = { kind: 'value', value: 7 } as const;

if (spawnSync('gcc', ['--version']).status !== 0 && !process.env.CI) {
  console.warn('SKIPPED the tests of many notifications: there is no gcc');
}

describeSupervisor('10,000 notifications of 200 threads', () => {
  let directory: string;
  let program: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'many-notifications-'));
    program = join(directory, 'many-threads');
    execFileSync('gcc', ['-O2', '-pthread', fileURLToPath(new URL('many-threads.c', import.meta.url)), '-o', program]);
    writeFileSync(join(directory, 'handler.mjs'), "export default () => ({ kind: 'value', value: 7 });\n");
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const answers = (...calls: ('getpriority' | 'getcwd')[]) => [
    { syscalls: calls.map((call) => machine.syscalls[call]), answer: SEVEN },
  ];
  const modes: Record<string, () => SupervisorOptions> = {
    'constant answers': () => ({ answers: answers('getpriority', 'getcwd') }),
    'a handler that answers at once': () => ({ onNotification: () => SEVEN }),
    'a handler that answers in a promise': () => ({ onNotification: async () => SEVEN }),
    'a handler that answers in another turn of the event loop': () => ({
      onNotification: () => new Promise((resolve) => setImmediate(resolve, SEVEN)),
    }),
    'constant answers and a handler': () => ({ answers: answers('getcwd'), onNotification: () => SEVEN }),
    'a handler in a module': () => ({ onNotification: pathToFileURL(join(directory, 'handler.mjs')) }),
    'constant answers and a handler in a module': () => ({
      answers: answers('getpriority'),
      onNotification: pathToFileURL(join(directory, 'handler.mjs')),
    }),
  };

  it.for(Object.keys(modes))('are all answered: %s', { timeout: 120_000 }, async (mode) => {
    const reports: unknown[] = [];
    const sandbox = await loader.spawnSandboxed(program, [String(THREADS), String(CALLS_EACH)], {
      filter: notifyOf('getpriority', 'getcwd'),
      onReport: (report) => void reports.push(report),
      ...modes[mode]!(),
    });
    expect(await outcome(sandbox)).toMatchObject({ stdout: `${THREADS * CALLS_EACH}\n`, code: 0 });
    await sandbox.supervision!.closed;
    expect(reports).toEqual([]);
  });
});
