// What the language server promises: how long findings take after a change, and its memory with many open files.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '../test/cli/lsp/client.js';
import type { Figure } from './figure.js';
import { quantile } from './quantile.js';

const CHANGES = 60;
const WARM_UP = 20;
const FILES = 50;
const MAX_MILLISECONDS = 100;
const MAX_MEGABYTES = 200;

/** The figures of the built server, with Moby's default profile as a client edits it. */
export async function lspFigures(root: string): Promise<Figure[]> {
  const text = readFileSync(join(root, 'build/test-inputs/moby-default.json'), 'utf8');
  const client = await Client.start({ settings: {}, command: join(root, 'dist/scmp.cjs') });
  const uri = await client.open('/nowhere/default.json', text);
  await client.diagnostics(uri);
  const [first, processor]: [number[], number[]] = [[], []];
  for (let at = 0; at < WARM_UP + CHANGES; at++) {
    const count = client.published.length;
    const [start, used] = [performance.now(), processorTime(client)];
    const end = { line: 1, character: at % 2 };
    const version = await client.change(uri, at % 2 ? '' : ' ', { start: { line: 1, character: 0 }, end });
    const isNew = () => client.published.slice(count).some((each) => each.version === version) || undefined;
    await client.until(isNew, 'findings');
    if (at >= WARM_UP) {
      first.push(performance.now() - start);
      processor.push(processorTime(client) - used);
    }
    // Those of all machines follow.
    await client.until(
      () => client.published.slice(count).filter((each) => each.version === version).length > 1 || undefined,
    );
  }
  for (let at = 1; at < FILES; at++) await client.open(`/nowhere/${at}.json`, text);
  await client.until(
    () => new Set(client.published.map((each) => each.uri)).size === FILES || undefined,
    'all files',
    400,
  );
  for (let at = 1; at < FILES; at++) {
    const other = `file:///nowhere/${at}.json`;
    await client.ask('textDocument/codeLens', other);
    await client.ask('textDocument/documentSymbol', other);
  }
  const megabytes =
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${client.process.pid}/status`, 'utf8'))?.[1]) / 1024;
  await client.stop();
  const median = quantile(first, 0.5);
  return [
    {
      what: "lsp, Moby's default: a change to its findings, median",
      value: `${median.toFixed(0)} ms (${quantile(processor, 0.5).toFixed(0)} ms of processor time)`,
      bar: `at most ${MAX_MILLISECONDS} ms`,
      holds: median <= MAX_MILLISECONDS,
    },
    {
      what: `lsp, memory with ${FILES} open files`,
      value: `${megabytes.toFixed(0)} MB`,
      bar: `at most ${MAX_MEGABYTES} MB`,
      holds: megabytes <= MAX_MEGABYTES,
    },
  ];
}

/** Of the server and its threads, in milliseconds; the kernel counts in ticks of 10. */
function processorTime({ process: { pid } }: Client): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
