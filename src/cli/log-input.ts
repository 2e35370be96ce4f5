import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ScmpError } from '../errors.js';
import { printable } from '../text.js';
import { FileError, fileError } from './input.js';
import { countBytes, expectBytes } from './progress.js';

/** What is read at once, in bytes: a block of `LineBlocks`. */
const PIECE = 1 << 22;
/** What is unpacked at once: each has memory of its own. */
const UNPACKED = 1 << 20;
/** The least of it. */
const SMALL = 1 << 14;
/** How often a file is looked at that grows, in milliseconds. */
const FOLLOW_EVERY = 200;

const GZIP = [0x1f, 0x8b];
/** RFC 8878 */
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];

export interface LogInput {
  /** Its name in messages. */
  source: string;
  /** In pieces, unpacked; each is valid until the next one. */
  pieces: AsyncIterable<Uint8Array>;
}

/**
 * Logs: files, standard input for `-`, and all files of folders, the oldest first, as logrotate(8) leaves them. What
 * gzip(1) or zstd(1) packed is unpacked. `follow` goes on reading at the end, as `tail -f`.
 */
export function logInputs(paths: readonly string[], { follow = false } = {}): LogInput[] {
  const named = paths.flatMap((path): (string | typeof STDIN)[] => (path === '-' ? [STDIN] : inputFiles(path)));
  if (!follow) expectBytes(sizeOf(named));
  return named.map((path): LogInput => {
    if (path === STDIN) return { source: 'stdin', pieces: unpacked('stdin', piecesOf(0, 'stdin', false)) };
    return { source: path, pieces: unpacked(path, fileOf(path, follow)) };
  });
}

const STDIN = Symbol('standard input');

/** In bytes, as the files are; undefined where one is a pipe, or some other that has no size. */
function sizeOf(paths: readonly (string | typeof STDIN)[]): number | undefined {
  let size = 0;
  for (const path of paths) {
    const stat = path === STDIN ? fstatSync(0) : statSync(path, { throwIfNoEntry: false });
    if (!stat?.isFile()) return undefined;
    size += stat.size;
  }
  return size;
}

/** A file, or all files of a folder: the oldest first, and those of folders in it. */
export function inputFiles(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const inside = readdirSync(path, { withFileTypes: true }).map((entry) => {
      const name = join(path, entry.name);
      // The log of a pod is a link to a file. A link to a folder may lead back.
      const stat = statSync(name, { throwIfNoEntry: false });
      return { name, stat, isFolder: entry.isDirectory() };
    });
    const files = inside.filter(({ stat }) => stat?.isFile()).sort((a, b) => a.stat!.mtimeMs - b.stat!.mtimeMs);
    const folders = inside.filter(({ isFolder }) => isFolder).sort((a, b) => (a.name < b.name ? -1 : 1));
    return [...files.map(({ name }) => name), ...folders.flatMap(({ name }) => inputFiles(name))];
  } catch (cause) {
    throw fileError(path, cause);
  }
}

async function* fileOf(path: string, follow: boolean): AsyncGenerator<Uint8Array> {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (cause) {
    throw fileError(path, cause);
  }
  try {
    const stat = fstatSync(descriptor);
    // There may be thousands of small files.
    const size = stat.isFile() && !follow ? Math.min(PIECE, Math.max(stat.size + 1, SMALL)) : PIECE;
    yield* piecesOf(descriptor, path, follow, size);
  } finally {
    closeSync(descriptor);
  }
}

async function* piecesOf(descriptor: number, path: string, follow: boolean, size = PIECE): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(size);
  // A pipe gives 64 KB at a time, and each piece has its price.
  let filled = 0;
  for (;;) {
    const count = read(descriptor, buffer.subarray(filled), path);
    const isAtEnd = count === 0 && !follow;
    if (count > 0) {
      countBytes(count);
      filled += count;
    }
    if (filled > 0 && (follow || isAtEnd || filled === size)) {
      yield buffer.subarray(0, filled);
      filled = 0;
    }
    if (isAtEnd) return;
    if (count <= 0) await new Promise((resolve) => setTimeout(resolve, count < 0 ? 5 : FOLLOW_EVERY));
  }
}

/** -1: nothing is there yet. */
function read(descriptor: number, buffer: Buffer, path: string): number {
  try {
    return readSync(descriptor, buffer);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EAGAIN') return -1;
    if (code === 'EOF') return 0;
    throw fileError(path, cause);
  }
}

async function* unpacked(source: string, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* unpack(pieces);
  } catch (cause) {
    if (cause instanceof ScmpError) throw cause;
    throw new FileError(`${printable(source)}: cannot be unpacked: ${printable((cause as Error).message)}`, { cause });
  }
}

async function* unpack(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]();
  let { value: first, done } = await iterator.next();
  // A pipe may give a few bytes at a time.
  while (!done && first && first.length < ZSTD.length) {
    const begun = Buffer.from(first);
    const next = await iterator.next();
    if (next.done) {
      done = true;
      first = begun;
    } else first = Buffer.concat([begun, next.value]);
  }
  if (!first) return;
  const all = (async function* () {
    yield first as Uint8Array;
    if (!done) for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  })();
  const begins = (magic: readonly number[]) => magic.every((byte, index) => first[index] === byte);
  if (begins(GZIP)) yield* gunzipped(all);
  else if (begins(ZSTD)) yield* unzstd(all);
  else yield* all;
}

async function* gunzipped(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { createGunzip } = process.getBuiltinModule('node:zlib');
  const { pipeline, Readable } = process.getBuiltinModule('node:stream');
  const copies = (async function* () {
    for await (const piece of pieces) yield Buffer.from(piece);
  })();
  const gunzip = createGunzip({ chunkSize: UNPACKED });
  // What goes wrong is thrown where the pieces are taken.
  pipeline(Readable.from(copies, { objectMode: false }), gunzip, () => {});
  yield* gunzip;
}

async function* unzstd(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // Node's own came in 22.15.
  const { Decompress } = await import('fzstd');
  let ready: Uint8Array[] = [];
  const stream = new Decompress((data) => ready.push(data));
  for await (const piece of pieces) {
    stream.push(Uint8Array.from(piece));
    yield* ready;
    ready = [];
  }
  stream.push(new Uint8Array(), true);
  yield* ready;
}
