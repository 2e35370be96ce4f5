import { closeSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UnsupportedHostError } from '../../src/errors.js';
import { type Host, thisHost } from '../libc/host.js';
import type { TalliedCall, TallyMasks } from '../supervise/call-tally.js';

// A file that the tracer has in memory (mmap(2)): what it is to do, and the calls that it has counted. So they are here at
// any time, whatever becomes of the tracer. In this machine's byte order, as `struct account`, `struct mask` and
// `struct entry` of launcher/tracer.c.

const MAGIC = 0x31415453; // "STA1"
const HEADER_SIZE = 48;
const MASK_SIZE = 24;
const ENTRY_SIZE = 72;

/** Byte offsets in the header. */
const UNCOUNTED = 24;
const USED = 32;

const REPORTS_STOPS = 1;
const MAY_SET_NO_NEW_PRIVS = 2;
const REPORTS_RESULTS = 4;
const ONLY_KINDS = 8;

/** Kinds of calls that there is room for: the file takes what is used of it. */
const CAPACITY = 100_000;

export interface AccountRequest {
  /** What to count by; undefined: do not count, but report each stop, which is a call that the filter denies. */
  tally: TallyMasks | undefined;
  /** With `tally`: which kinds of calls there are is enough. Then the filter stops nothing, and counts mean nothing. */
  onlyKinds?: boolean;
  /** Do not count: report each stop, and what the call returned. */
  results?: boolean;
  /** Set no_new_privs if the filter cannot be installed without. */
  maySetNoNewPrivs: boolean;
  /** The command's soft limit of open files; undefined: this process's. */
  openFiles: bigint | undefined;
}

export class Account {
  readonly fd: number;
  readonly #masks: number;
  readonly #little: boolean;

  /** @throws {UnsupportedHostError} when no file can be made for it */
  constructor(request: AccountRequest, { endianness }: Pick<Host, 'endianness'> = thisHost) {
    this.#little = endianness === 'little';
    const header = encodeHeader(request, this.#little);
    this.#masks = (header.length - HEADER_SIZE) / MASK_SIZE;
    this.fd = openUnnamed();
    writeSync(this.fd, header, 0, header.length, 0);
    ftruncateSync(this.fd, header.length + (request.tally ? CAPACITY : 1) * ENTRY_SIZE);
  }

  /** The calls so far, and how many others there was no room for. */
  read(): { calls: TalliedCall[]; uncounted: number } {
    const header = this.#read(0, HEADER_SIZE);
    const used = header.getUint32(USED, this.#little);
    const entries = this.#read(HEADER_SIZE + this.#masks * MASK_SIZE, used * ENTRY_SIZE);
    return {
      calls: Array.from({ length: used }, (_, index) => this.#entry(entries, index * ENTRY_SIZE)),
      uncounted: Number(header.getBigUint64(UNCOUNTED, this.#little)),
    };
  }

  close(): void {
    closeSync(this.fd);
  }

  #read(from: number, length: number): DataView {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const count = readSync(this.fd, bytes, at, length - at, from + at);
      if (count === 0) throw new Error('the account of the tracer was cut short');
      at += count;
    }
    return new DataView(bytes.buffer);
  }

  #entry(view: DataView, at: number): TalliedCall {
    const known = view.getUint32(at + 8, this.#little);
    const args = Array.from({ length: 32 - Math.clz32(known) }, (_, index) =>
      known & (1 << index) ? view.getBigUint64(at + 24 + 8 * index, this.#little) : undefined,
    );
    return {
      auditArch: view.getUint32(at, this.#little),
      number: view.getInt32(at + 4, this.#little),
      args,
      count: Number(view.getBigUint64(at + 16, this.#little)),
    };
  }
}

function encodeHeader(request: AccountRequest, little: boolean): Uint8Array {
  const { tally, onlyKinds, results, maySetNoNewPrivs, openFiles } = request;
  const masks = [...(tally ?? [])].flatMap(([arch, byNumber]) =>
    [...byNumber].flatMap(([number, own]) => own.map(({ index, mask }) => ({ arch, number, index, mask }))),
  );
  const view = new DataView(new ArrayBuffer(HEADER_SIZE + masks.length * MASK_SIZE));
  const kind = results ? REPORTS_RESULTS : !tally ? REPORTS_STOPS : onlyKinds ? ONLY_KINDS : 0;
  const flags = kind | (maySetNoNewPrivs ? MAY_SET_NO_NEW_PRIVS : 0);
  for (const [index, value] of [MAGIC, flags, masks.length, tally ? CAPACITY : 1].entries()) {
    view.setUint32(4 * index, value, little);
  }
  view.setBigUint64(16, openFiles ?? 0n, little);
  for (const [position, { arch, number, index, mask }] of masks.entries()) {
    const at = HEADER_SIZE + position * MASK_SIZE;
    for (const [field, value] of [arch, number, index].entries()) view.setUint32(at + 4 * field, value, little);
    view.setBigUint64(at + 16, mask, little);
  }
  return new Uint8Array(view.buffer);
}

/** A file without a name, which goes with its last descriptor; in memory if there is nowhere else. */
function openUnnamed(): number {
  const problems: unknown[] = [];
  for (const folder of [tmpdir(), '/dev/shm']) {
    try {
      const own = mkdtempSync(join(folder, 'scmp-'));
      try {
        return openSync(join(own, 'account'), 'wx+', 0o600);
      } finally {
        rmSync(own, { recursive: true, force: true });
      }
    } catch (error) {
      problems.push(error);
    }
  }
  throw new UnsupportedHostError(`no temporary file can be made: ${(problems[0] as Error).message}`, {
    cause: problems[0],
  });
}
