import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hostArchitecture } from '../../native-loader/index.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import { builtinProfile } from '../../src/profile/builtin/index.js';
import type { BuiltinName } from '../../src/profile/builtin/names.js';
import { type ChildResult, type ChildTools, describeKernel, spawnChild } from './child.js';
import { NODE_FEATURES, NODE_PROGRAM } from './node-program.js';

// The built-in profiles on the kernel: what each is to allow works under it, what it is to forbid is refused.

interface Sandboxed {
  program: number[];
  command: string;
  args: string[];
}

function exec({ loader, attempt }: ChildTools, { program, command, args }: Sandboxed): void {
  const filter = Uint8Array.from(program);
  const { error } = attempt(() =>
    loader.installAndExec({ filter, installOptions: { noNewPrivs: true }, command, args }),
  );
  process.stderr.write(`${error?.code}: ${error?.message}`);
  process.exitCode = 99;
}

describeKernel('built-in profiles', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'builtin-'));
    writeFileSync(join(directory, 'seen'), 'content\n');
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const under = (name: BuiltinName, command: string, ...args: string[]): Promise<ChildResult> => {
    const { program } = compileProfileSync(builtinProfile(name)!, { arch: hostArchitecture(), kernel: release() });
    return spawnChild(exec, { program: [...program], command, args }, { cwd: directory });
  };
  const sh = (name: BuiltinName, script: string) => under(name, 'sh', '-c', script);
  const node = async (name: BuiltinName) =>
    (await under(name, process.execPath, '-e', NODE_PROGRAM)).stdout.trim().split('\n');

  const ALL_WORK = NODE_FEATURES.map((feature) => `${feature} works`);
  it.each(['container-default', 'node', 'deny-dangerous'] as const)(
    '%s lets a program of Node’s do what it does',
    async (name) => {
      expect(await node(name)).toEqual(ALL_WORK);
    },
  );

  it.each(['container-default', 'node', 'deny-dangerous', 'no-network'] as const)(
    '%s lets a shell make files and pipelines',
    async (name) => {
      const result = await sh(
        name,
        'mkdir d && echo b > d/x && echo a >> d/x && sort d/x | tr ab AB && ls d && rm -r d',
      );
      expect(result).toMatchObject({ status: 0, stdout: 'A\nB\nx\n', stderr: '' });
    },
  );

  it.each(['container-default', 'node', 'deny-dangerous'] as const)('%s refuses namespaces', async (name) => {
    const result = await sh(name, 'unshare --user true; echo "unshare $?"');
    expect(result.stdout).toBe('unshare 1\n');
    expect(result.stderr).toMatch(/not permitted/);
  });

  it('no-network: local sockets alone, for programs and for io_uring', async () => {
    const words = await node('no-network');
    expect(words[0]).toBe('http EAFNOSUPPORT');
    expect(words.slice(1, -1)).toEqual(ALL_WORK.slice(1, -1));
  });

  it('no-new-processes: threads, another program in its place, and no child', async () => {
    const words = await node('no-new-processes');
    expect(words).toEqual(ALL_WORK.map((word) => (word === 'child works' ? 'child EPERM' : word)));
    expect(await sh('no-new-processes', 'exec cat seen')).toMatchObject({ status: 0, stdout: 'content\n' });
    const forked = await sh('no-new-processes', 'cat seen; true');
    expect(forked.stdout).toBe('');
    expect(forked.stderr).toMatch(/fork/i);
  });

  it('read-only-inspection: pipelines that look', async () => {
    const script =
      'ls | grep seen && cat seen | sort && find . -name seen && wc -c < seen && cat /proc/self/comm && ls -l / | wc -l >&2';
    const result = await sh('read-only-inspection', script);
    expect(result).toMatchObject({ status: 0, stdout: 'seen\ncontent\n./seen\n8\ncat\n' });
  });

  it.each([
    'echo x > made',
    'echo x >> seen',
    'touch seen',
    'rm seen',
    'mv seen other',
    'ln -s seen made',
    'mkdir made',
    'chmod 777 seen',
    'truncate -s 0 seen',
    'kill -0 1',
    'cp seen made',
    'dd if=seen of=seen conv=notrunc',
  ])('read-only-inspection: not %s', async (script) => {
    const result = await sh('read-only-inspection', script);
    expect(result.status).not.toBe(0);
    expect(result.stderr).toMatch(/not permitted|cannot (create|touch|fork)/i);
    expect(readFileSync(join(directory, 'seen'), 'utf8')).toBe('content\n');
  });
});
