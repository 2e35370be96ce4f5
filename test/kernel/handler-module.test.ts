import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SandboxOptions, SupervisorReport } from '../../native-loader/index.js';
import { describeSupervisor, held, heldSince, loader, notifyOf, outcome } from './sandbox.js';

describeSupervisor('a handler in a module', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'handler-module-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  let written = 0;
  /** The URL of a module of its own. */
  function moduleOf(text: string, extension = 'mjs'): URL {
    const path = join(directory, `handler-${++written}.${extension}`);
    writeFileSync(path, text);
    return pathToFileURL(path);
  }

  const run = async (script: string, onNotification: URL, options: Partial<SandboxOptions> = {}) =>
    outcome(
      await loader.spawnSandboxed('sh', ['-c', script], {
        filter: notifyOf('mkdir', 'mkdirat', 'chdir'),
        cwd: directory,
        onNotification,
        ...options,
      }),
    );

  it('gets the same notifications, in a thread that is not the main one', async () => {
    const handler = moduleOf(`
      import { isMainThread } from 'node:worker_threads';
      export default function (call) {
        if (isMainThread || call.signal.aborted || !call.isPending()) return { kind: 'errno', errno: 'EIO' };
        if (call.syscall === 'chdir') return call.readString(call.uint64('path')) === '/proc' ? undefined : call.continueUnsafe({ reason: 'test' });
        const path = call.readString(call.uint64('pathname'));
        return path === 'kept' ? { kind: 'value', value: 0 } : { kind: 'errno', errno: 'EROFS' };
      }
    `);
    expect(await run('mkdir kept && mkdir refused', handler)).toMatchObject({
      stderr: expect.stringMatching(/refused.*Read-only file system/),
      code: 1,
    });
    expect(await run('cd /; cd /proc', handler, { unhandled: { kind: 'errno', errno: 'EXDEV' } })).toMatchObject({
      code: 2,
    });
  });

  it('gives descriptors, of CommonJS and of data: URLs too', async () => {
    const file = join(directory, 'text');
    writeFileSync(file, 'given\n');
    const commonJs = moduleOf(
      `const fs = require('node:fs');
       module.exports = (call) => call.readString(call.uint64('pathname')).endsWith('/wanted')
         ? { kind: 'fd', fd: fs.openSync(${JSON.stringify(file)}), closeSource: true } : call.continueUnsafe({ reason: 'test' });`,
      'cjs',
    );
    const options = { filter: notifyOf('openat') };
    expect(await run('cat /no/wanted', commonJs, options)).toMatchObject({ stdout: 'given\n', code: 0 });
    const data = new URL("data:text/javascript,export default (call) => ({ kind: 'errno', errno: 'EROFS' })");
    expect(await run('cd /', data)).toMatchObject({ stderr: expect.stringContaining('cd'), code: 2 });
  });

  it('is reported where it fails, with the call and the code; the call is refused', async () => {
    const reports: SupervisorReport[] = [];
    const handler = moduleOf(`
      let count = 0;
      export default (call) => {
        if (call.syscall !== 'chdir') return call.continue();
        if (count++ === 0) return call.readMemory(0n, 8) && undefined;
        if (count === 2) return Promise.reject(new Error('later'));
        if (count === 3) return { kind: 'nonsense' };
        throw () => 'no error';
      };
    `);
    const result = await run('for i in 1 2 3 4; do cd / || echo refused; done', handler, {
      failure: 'ENXIO',
      onReport: (report) => void reports.push(report),
    });
    expect(result.stdout).toBe('refused\n'.repeat(4));
    await expect.poll(() => reports.length).toBe(4);
    const [memory, promise, nonsense, thrown] = reports.map((report) => {
      expect(report).toMatchObject({ kind: 'handler-failed', notification: { name: 'chdir' } });
      return (report as { error: unknown }).error;
    });
    expect(memory).toMatchObject({ code: 'TARGET_MEMORY', message: expect.stringContaining('nothing is mapped') });
    expect(promise).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('promise') });
    expect(nonsense).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('nonsense') });
    expect(thrown).toBeInstanceOf(Error);
  });

  it('that cannot be loaded starts nothing', async () => {
    const started = join(directory, 'started');
    const attempt = (onNotification: URL) =>
      loader.spawnSandboxed('touch', [started], { filter: notifyOf('mkdir'), onNotification }).then(
        () => 'started',
        (error) => ({ code: error.code, message: error.message }),
      );
    const missing = pathToFileURL(join(directory, 'missing.mjs'));
    expect(await attempt(missing)).toMatchObject({
      code: 'HANDLER_MODULE',
      message: expect.stringContaining(missing.href),
    });
    expect(await attempt(moduleOf('export default {'))).toMatchObject({ code: 'HANDLER_MODULE' });
    expect(await attempt(moduleOf('export const handler = () => {};'))).toMatchObject({
      message: expect.stringContaining('export default'),
    });
    expect(await attempt(new URL('https://example.com/handler.js'))).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(existsSync(started)).toBe(false);
  });

  it('that does not return is reported, and ends alone', { timeout: 60_000 }, async () => {
    const reports: SupervisorReport[] = [];
    const other = await loader.spawnSandboxed('sh', ['-c', 'read line; cd /nowhere'], {
      filter: notifyOf('chdir'),
      onNotification: moduleOf("export default () => ({ kind: 'errno', errno: 'EXDEV' });"),
    });
    const sandbox = await loader.spawnSandboxed('sh', ['-c', 'cd /; mkdir never'], {
      filter: notifyOf('chdir', 'mkdir', 'mkdirat'),
      onNotification: moduleOf('export default () => { for (;;); };'),
      handlerTimeout: 200,
      onReport: (report) => void reports.push(report),
    });
    const { stderr } = await outcome(sandbox);
    expect(stderr).toMatch(/cd: .*\/[\s\S]*Function not implemented/);
    expect(reports).toMatchObject([{ kind: 'handler-timeout', milliseconds: 200, notification: { name: 'chdir' } }]);
    await expect(sandbox.supervision!.closed).rejects.toMatchObject({
      code: 'SUPERVISOR_THREAD',
      message: expect.stringContaining('200 ms'),
    });
    other.stdin!.end('\n');
    expect(await outcome(other)).toMatchObject({ code: 2 });
  });

  it('has timers and a console, and leaves no descriptor behind', async () => {
    const marker = join(directory, 'timer');
    const handler = moduleOf(`
      import { writeFileSync } from 'node:fs';
      export default (call) => {
        setTimeout(() => writeFileSync(${JSON.stringify(marker)}, 'ran'), 1);
        return call.continue();
      };
    `);
    await run('cd /', handler);
    const before = held();
    expect(await run(`cd /; while ! [ -e ${marker} ]; do sleep 0.01; done`, handler)).toMatchObject({ code: 0 });
    for (let i = 0; i < 5; i++) await run('cd /', handler);
    await expect.poll(() => heldSince(before)).toEqual([]);
  });
});
