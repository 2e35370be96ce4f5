/** What the program tries. */
export const NODE_FEATURES = ['http', 'fs', 'worker', 'child', 'timer', 'crypto', 'interfaces'] as const;

/** A program of Node's that prints a line for each feature: that it works, or the code of the error. */
export const NODE_PROGRAM = `
const { spawnSync } = require('node:child_process'), fs = require('node:fs'), http = require('node:http');
const { Worker } = require('node:worker_threads');
const word = async (name, task) => console.log(name, await Promise.resolve().then(task).then(() => 'works', (error) => error.code ?? error.cause?.code ?? error.message));
(async () => {
  await word('http', async () => {
    const server = http.createServer((_, response) => response.end('hello'));
    await new Promise((resolve, reject) => server.on('error', reject).listen(0, '127.0.0.1', resolve));
    const answer = await fetch('http://127.0.0.1:' + server.address().port);
    if ((await answer.text()) !== 'hello') throw new Error('wrong answer');
    server.close(); server.closeAllConnections();
  });
  await word('fs', async () => {
    fs.writeFileSync('file', 'x'); await fs.promises.rename('file', 'other'); fs.chmodSync('other', 0o600);
    fs.copyFileSync('other', 'copy'); fs.rmSync('other'); fs.rmSync('copy'); fs.readdirSync('.');
  });
  await word('worker', () => new Promise((resolve, reject) => new Worker('1', { eval: true }).on('error', reject).on('exit', resolve)));
  await word('child', () => { const { error, status } = spawnSync('sh', ['-c', 'echo a | cat']); if (error) throw error; if (status) throw new Error('status ' + status); });
  await word('timer', () => new Promise((resolve) => setTimeout(resolve, 5)));
  await word('crypto', () => require('node:crypto').scryptSync('a', 'b', 16));
  await word('interfaces', () => require('node:os').networkInterfaces());
})();
`;
