import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from './scmp.js';

// What the caller of `scmp run` passed on, the command gets, as from env(1) or nice(1); nothing of scmp's.
describe.skipIf(process.platform !== 'linux')('scmp run and descriptors', () => {
  let directory: string;
  let scmp: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'scmp-descriptors-'));
    writeFileSync(join(directory, 'profile.json'), JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW' }));
    scmp = `"${process.execPath}" "${join(ROOT, 'dist/scmp.cjs')}" run --profile "${join(directory, 'profile.json')}" --`;
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const shell = (script: string) => {
    const { stdout, stderr, status } = spawnSync('bash', ['-c', script], { cwd: directory, encoding: 'utf8' });
    return { stdout, stderr, status };
  };
  // ls's own descriptor is the directory, the same in both.
  const LIST = 'ls -l /proc/self/fd';
  const descriptors = (listing: string) =>
    [...listing.matchAll(/ (\d+ -> \S+)/g)].map(([, line]) => line!.replaceAll(/\[\d+\]|proc\/\d+/g, ''));

  it.each([
    ['none', ''],
    ['the first', 'exec 3</dev/null 4>file 5<&0;'],
    ['with gaps', 'exec 4</dev/null 7>file 9</etc/passwd 14</;'],
    ['far ones', 'exec 3</dev/null 40>file 99</etc/passwd;'],
    ['one end of a pipe', 'exec 5< <(sleep 1) 8> >(cat);'],
    ['both ends of one pipe', 'mkfifo fifo; exec 3<>fifo 4<fifo 5>fifo; rm fifo;'],
    ['a socket', 'exec 6<>/dev/udp/127.0.0.1/9;'],
  ])('passes on %s', (_, open) => {
    const direct = shell(`${open} env ${LIST}`);
    const filtered = shell(`${open} ${scmp} ${LIST}`);
    expect(descriptors(filtered.stdout)).toEqual(descriptors(direct.stdout));
    expect(filtered).toMatchObject({ stderr: '', status: 0 });
  });

  // sd_listen_fds(3)
  it('lets a socket-activated server serve: LISTEN_PID is its process, the socket its descriptor 3', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
    const serve = `require('net').createServer((c) => { c.end(process.env.LISTEN_PID + ' ' + process.env.LISTEN_FDS + ' ' + process.pid); process.exitCode = 0; server.close(); }); `;
    writeFileSync(join(directory, 'serve.cjs'), `const server = ${serve} server.listen({ fd: 3 });`);
    const script = `export LISTEN_PID=$$ LISTEN_FDS=1; exec ${scmp} "${process.execPath}" serve.cjs`;
    const child = spawn('bash', ['-c', script], { cwd: directory, stdio: ['ignore', 'inherit', 'inherit', fd] });
    server.close();
    const answer = await text(connect(port, '127.0.0.1'));
    expect(answer).toBe(`${child.pid} 1 ${child.pid}`);
    await once(child, 'exit');
  });

  it('leaves make its jobserver', () => {
    writeFileSync(
      join(directory, 'Makefile'),
      `all: one two\none two:\n\t+@${scmp.replaceAll('$', '$$')} $(MAKE) -s -f sub.mk NAME=$@\n`,
    );
    writeFileSync(join(directory, 'sub.mk'), 'all: $(NAME)-a $(NAME)-b\n$(NAME)-a $(NAME)-b:\n\t@echo $@\n');
    const { stdout, stderr, status } = shell('make -s -j3');
    expect({ lines: stdout.trim().split('\n').sort(), stderr, status }).toEqual({
      lines: ['one-a', 'one-b', 'two-a', 'two-b'],
      stderr: '', // make warns: jobserver unavailable
      status: 0,
    });
  });
});
