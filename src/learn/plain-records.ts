import { MAX_RECORD_KINDS } from './audit-records.js';
import type { Tally } from './call-tallies.js';
import { CARRIAGE_RETURN, NEWLINE } from './log-lines.js';

/** What a line is: a record that was scanned, a record of another type, or to be read as text. */
export const LineKind = { PLAIN: 0, OTHER_TYPE: 1, TEXT: 2 } as const;
export type LineKind = (typeof LineKind)[keyof typeof LineKind];

const code = (character: string) => character.charCodeAt(0);
const bytesOf = (text: string) => Uint8Array.from(text, code);
const SPACE = code(' ');
const EQUALS = code('=');
const QUOTE = code('"');
const MINUS = code('-');
/** auditd(8) with log_format=ENRICHED puts names behind it, in capitals. */
const GROUP_SEPARATOR = 0x1d;
const TYPE = bytesOf('type');
const AUDIT = bytesOf('audit: ');
const NAMED = bytesOf('SECCOMP');
const NUMBERED = bytesOf('1326');
const JOURNALD = bytesOf('SECCOMP auid');
const PID = bytesOf(' pid=');
const COMM = bytesOf('comm=');
const NO_NAME = bytesOf('(null)');
const EXE = bytesOf(' exe=');
const SIG = bytesOf(' sig=');
const ARCH = bytesOf(' arch=');
const SYSCALL = bytesOf(' syscall=');
const COMPAT = bytesOf(' compat=');
const IP = bytesOf(' ip=0x');
const CODE = bytesOf(' code=0x');

const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39;
const isCapital = (byte: number) => byte >= 0x41 && byte <= 0x5a;
const isLowerHex = (byte: number) => isDigit(byte) || (byte >= 0x61 && byte <= 0x66);
const isUpperHex = (byte: number) => isDigit(byte) || (byte >= 0x41 && byte <= 0x46);

/**
 * Scans the bytes of a seccomp record as the kernel itself writes it (kernel/auditsc.c, audit_seccomp), without making
 * strings. A log of a fleet has the same few kinds of records over and over. What has any other form, as that of
 * ausearch(8) -i, is left to those who read text. There a name cannot pretend to be the rest of the record: the kernel
 * writes names with a blank or a quotation mark in hexadecimal.
 */
export class PlainRecordScanner {
  /** Of the last line. */
  lineEnd = 0;
  /** From `comm=` to the end of `syscall=N`. */
  kindBegin = 0;
  kindEnd = 0;
  /** The digits of `code=0x…`. */
  codeBegin = 0;
  codeEnd = 0;
  /** Of some of it; equal kinds have equal hashes. */
  hash = 0;
  /** -1: the record has none. */
  pid = -1;

  /**
   * The line that begins there; `bytes` has a line end behind it. That what stands before `syscall=` has the form of a
   * record is left to `isRecordKind`: a kind that is known needs no second look.
   */
  scan(bytes: Uint8Array, begin: number): LineKind {
    const lineEnd = bytes.indexOf(NEWLINE, begin);
    this.lineEnd = lineEnd;
    const type = typeEnd(bytes, begin, lineEnd);
    if (type < 0) return type === ANOTHER_TYPE ? LineKind.OTHER_TYPE : LineKind.TEXT;
    const comm = endOfWord(bytes, type, lineEnd, COMM);
    if (comm < 0) return LineKind.TEXT;
    this.kindBegin = comm;
    this.pid = pidBefore(bytes, comm - COMM.length);
    const end = bytes[lineEnd - 1] === CARRIAGE_RETURN ? lineEnd - 1 : lineEnd;
    if (this.#scanEnd(bytes, comm, end)) return LineKind.PLAIN;
    const separator = bytes.indexOf(GROUP_SEPARATOR, comm);
    const isSeparated = separator >= 0 && separator < lineEnd && this.#scanEnd(bytes, comm, separator);
    return isSeparated ? LineKind.PLAIN : LineKind.TEXT;
  }

  /** ` compat=0 ip=0x7f code=0x0`, from its end on. */
  #scanEnd(bytes: Uint8Array, comm: number, end: number): boolean {
    const code = beginOfHex(bytes, end);
    const address = code - CODE.length;
    if (code === end || !hasAt(bytes, address, CODE)) return false;
    const digits = beginOfHex(bytes, address);
    const compat = digits - IP.length;
    if (digits === address || !hasAt(bytes, compat, IP)) return false;
    const mode = beginOfDigits(bytes, compat);
    const kindEnd = mode - COMPAT.length;
    if (mode === compat || kindEnd <= comm || !hasAt(bytes, kindEnd, COMPAT)) return false;
    this.kindEnd = kindEnd;
    this.codeBegin = code;
    this.codeEnd = end;
    let hash = kindEnd - comm;
    for (let at = Math.max(comm, kindEnd - 4); at < kindEnd; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
    for (let at = comm; at < comm + 8; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
    for (let at = code; at < end; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
    // A small integer.
    this.hash = hash & 0x3fffffff;
    return true;
  }
}

/** `"node" exe="/usr/bin/node" sig=0 arch=c000003e syscall=257`, and nothing else. */
function isRecordKind(bytes: Uint8Array, begin: number, end: number): boolean {
  const exe = endOfName(bytes, begin);
  if (exe < 0 || !hasAt(bytes, exe, EXE)) return false;
  const sig = endOfName(bytes, exe + EXE.length);
  if (sig < 0 || !hasAt(bytes, sig, SIG)) return false;
  const arch = endOfDigits(bytes, sig + SIG.length);
  if (!hasAt(bytes, arch, ARCH)) return false;
  const syscall = endOfHex(bytes, arch + ARCH.length);
  if (!hasAt(bytes, syscall, SYSCALL)) return false;
  const number = syscall + SYSCALL.length;
  return endOfDigits(bytes, bytes[number] === MINUS ? number + 1 : number) === end;
}

interface KnownKind {
  /** The two parts, one behind the other. */
  readonly bytes: Uint8Array;
  readonly tally: Tally;
  /** With the same hash. */
  readonly next: KnownKind | undefined;
}

/** The tallies of the kinds of plain records that were read once. */
export class PlainRecordTallies {
  readonly #byHash = new Map<number, KnownKind>();
  #size = 0;

  find(scanned: PlainRecordScanner, bytes: Uint8Array): Tally | undefined {
    let kind = this.#byHash.get(scanned.hash);
    for (let depth = 0; kind !== undefined && depth < MAX_DEPTH; depth++) {
      if (isOfKind(scanned, bytes, kind.bytes)) return kind.tally;
      kind = kind.next;
    }
    return undefined;
  }

  /** Keep the tally of a record that was read as text. */
  learn(scanned: PlainRecordScanner, bytes: Uint8Array, tally: Tally): void {
    const { kindBegin, kindEnd, codeBegin, codeEnd, hash } = scanned;
    if (!isRecordKind(bytes, kindBegin, kindEnd)) return;
    if (this.#size >= MAX_RECORD_KINDS) {
      this.#byHash.clear();
      this.#size = 0;
    }
    this.#size++;
    const kind = new Uint8Array(kindEnd - kindBegin + codeEnd - codeBegin);
    kind.set(bytes.subarray(kindBegin, kindEnd));
    kind.set(bytes.subarray(codeBegin, codeEnd), kindEnd - kindBegin);
    this.#byHash.set(hash, { bytes: kind, tally, next: this.#byHash.get(hash) });
  }
}

/** How many kinds with the same hash are looked at: names that programs made up may have any. */
const MAX_DEPTH = 16;

function isOfKind(scanned: PlainRecordScanner, bytes: Uint8Array, kind: Uint8Array): boolean {
  const { kindBegin, kindEnd, codeBegin, codeEnd } = scanned;
  const length = kindEnd - kindBegin;
  if (kind.length !== length + codeEnd - codeBegin) return false;
  for (let index = 0; index < length; index++) if (bytes[kindBegin + index] !== kind[index]) return false;
  for (let index = length; index < kind.length; index++) {
    if (bytes[codeBegin + index - length] !== kind[index]) return false;
  }
  return true;
}

const ANOTHER_TYPE = -1;
const NO_TYPE = -2;

/**
 * Behind the type of a seccomp record: `type=1326 ` or `type=SECCOMP `, at the begin of the line or behind `audit: `, or
 * journald's `audit[812]: SECCOMP `.
 */
function typeEnd(bytes: Uint8Array, begin: number, lineEnd: number): number {
  let equals = begin;
  while (equals < lineEnd && bytes[equals] !== EQUALS) equals++;
  if (equals === lineEnd) return NO_TYPE;
  const word = equals - TYPE.length;
  if (word < begin || !hasAt(bytes, word, TYPE)) return journaldTypeEnd(bytes, begin, equals);
  const isFirst = word === begin || (word - AUDIT.length >= begin && hasAt(bytes, word - AUDIT.length, AUDIT));
  if (!isFirst) return NO_TYPE;
  let end = equals + 1;
  while (isDigit(bytes[end]!) || isCapital(bytes[end]!) || bytes[end] === 0x5f) end++;
  const length = end - equals - 1;
  if (bytes[end] !== SPACE || length < 4) return NO_TYPE;
  if (length === NUMBERED.length && hasAt(bytes, equals + 1, NUMBERED)) return end;
  return length === NAMED.length && hasAt(bytes, equals + 1, NAMED) ? end : ANOTHER_TYPE;
}

function journaldTypeEnd(bytes: Uint8Array, begin: number, equals: number): number {
  const type = equals - JOURNALD.length;
  if (type < begin || !hasAt(bytes, type, JOURNALD)) return NO_TYPE;
  const end = type + NAMED.length;
  return type === begin || isBehindAudit(bytes, begin, type) ? end : NO_TYPE;
}

/** ` audit[812]: `, which journald takes from the record. */
function isBehindAudit(bytes: Uint8Array, begin: number, end: number): boolean {
  let at = end - 3;
  if (at < begin || bytes[at] !== 0x5d || bytes[at + 1] !== 0x3a || bytes[at + 2] !== SPACE) return false;
  while (at > begin && isDigit(bytes[at - 1]!)) at--;
  const word = at - JOURNALD_IDENTIFIER.length;
  return word >= begin && hasAt(bytes, word, JOURNALD_IDENTIFIER);
}
const JOURNALD_IDENTIFIER = bytesOf(' audit[');

function hasAt(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
  for (let index = 0; index < word.length; index++) if (bytes[at + index] !== word[index]) return false;
  return true;
}

/** Behind the first `WORD` with a blank before it; the word ends in `=`, and is 5 bytes long. */
function endOfWord(bytes: Uint8Array, from: number, end: number, word: Uint8Array): number {
  // Of five bytes in a row one is in the word, if it is there (Boyer, Moore and Horspool).
  for (let at = from + 4; at < end; ) {
    const byte = bytes[at]!;
    if (byte === EQUALS) {
      if (bytes[at - 5] === SPACE && hasAt(bytes, at - 4, word)) return at + 1;
      at += 5;
    } else at += byte === 0x6d ? 1 : byte === 0x6f ? 3 : byte === 0x63 ? 4 : 5;
  }
  return -1;
}

/** Of `pid=N ` before the place. */
function pidBefore(bytes: Uint8Array, end: number): number {
  const begin = beginOfDigits(bytes, end - 1);
  if (begin === end - 1 || !hasAt(bytes, begin - PID.length, PID)) return -1;
  let pid = 0;
  for (let at = begin; at < end - 1; at++) pid = pid * 10 + bytes[at]! - 0x30;
  return pid;
}

function beginOfDigits(bytes: Uint8Array, end: number): number {
  let at = end;
  while (isDigit(bytes[at - 1]!)) at--;
  return at;
}

function beginOfHex(bytes: Uint8Array, end: number): number {
  let at = end;
  while (isLowerHex(bytes[at - 1]!)) at--;
  return at;
}

function endOfDigits(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isDigit(bytes[at]!)) at++;
  return at;
}

function endOfHex(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isLowerHex(bytes[at]!)) at++;
  return at;
}

/** `"name"`, the name in hexadecimal, or `(null)`: audit_log_untrustedstring. -1: it is none of them. */
function endOfName(bytes: Uint8Array, from: number): number {
  let at = from;
  if (bytes[at] === QUOTE) {
    at++;
    while (bytes[at]! > SPACE && bytes[at] !== QUOTE) at++;
    return bytes[at] === QUOTE ? at + 1 : -1;
  }
  if (hasAt(bytes, at, NO_NAME)) return at + NO_NAME.length;
  while (isUpperHex(bytes[at]!)) at++;
  return at === from ? -1 : at;
}
