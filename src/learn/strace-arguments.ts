import type { ArchitectureName } from '../architecture.js';
import { constantExpression } from '../syscalls/constants.js';
import { syscallSignature } from '../syscalls/signature.js';
import { detached } from './log-lines.js';

const [QUOTE, SLASH, STAR, LESS, PARENTHESIS, COMMA] = [...'"/*<),'].map((sign) => sign.charCodeAt(0));
const CLOSING: ReadonlyMap<number, number> = new Map(
  ['()', '[]', '{}'].map((pair) => [pair.charCodeAt(0), pair.charCodeAt(1)]),
);
/** By code, of ASCII: what neither begins nor ends anything. */
const IS_PLAIN: readonly boolean[] = Array.from(
  { length: 128 },
  (_, code) => !'"/<(),[]{}'.includes(String.fromCharCode(code)),
);

/**
 * Split the arguments of a call as strace(1) prints them, from after the opening parenthesis on. Commas inside a
 * string, structure or list do not split, nor those in a path that -y puts after a descriptor. Ends at the call's
 * closing parenthesis, or at the end of the line; or as soon as there are `most`.
 */
export function splitArguments(text: string, most = Number.POSITIVE_INFINITY): string[] {
  const parts: string[] = [];
  const open: number[] = [];
  let start = 0;
  let at = 0;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    // Letters, digits and most of what stands between them: nothing that splits.
    if (IS_PLAIN[code]) continue;
    const closing = CLOSING.get(code);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === SLASH) at = text.charCodeAt(at + 1) === STAR ? endOf(text, '*/', at) : at;
    else if (code === LESS) at = isPath(text, at) ? endOf(text, '>', at) : at;
    else if (closing !== undefined) open.push(closing);
    else if (open.length > 0 && code === open.at(-1)) open.pop();
    else if (open.length === 0 && code === PARENTHESIS) break;
    else if (open.length === 0 && code === COMMA) {
      parts.push(text.slice(start, at).trim());
      if (parts.length === most) return parts;
      start = at + 1;
    }
  }
  const last = text.slice(start, at).trim();
  return parts.length === 0 && last === '' ? [] : [...parts, last];
}

function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at;
  }
  return text.length;
}

function endOf(text: string, end: string, from: number): number {
  const at = text.indexOf(end, from);
  return at < 0 ? text.length : at + end.length - 1;
}

/** `3</etc/passwd>` and `AT_FDCWD</root>`, not `1<<CAP_CHOWN`. strace escapes `>` in paths. */
function isPath(text: string, at: number): boolean {
  return /[\dD]/.test(text[at - 1] ?? '') && text[at + 1] !== '<' && text[at - 1] !== '<';
}

/**
 * The registers of a call, as far as its text has them: numbers and constants, not strings and structures. strace
 * prints arguments in the order of the manual page; those with their names (clone's) are put where the architecture has
 * them.
 */
export function registersOf(name: string, text: string, architecture: ArchitectureName): (bigint | undefined)[] {
  const parameters = syscallSignature(name, architecture) ?? [];
  const registers: (bigint | undefined)[] = [];
  for (const [position, part] of splitArguments(text).entries()) {
    const named = NAMED.exec(part);
    const index = named ? parameters.findIndex((parameter) => parameter.name === named[1]) : position;
    if (index < 0 || index > 5) continue;
    const value = argumentValue(named?.[2] ?? part, architecture);
    if (value !== undefined) registers[index] = value;
  }
  return Array.from(registers);
}

/**
 * One register of a call: as {@link registersOf} has it, without reading what is behind it. Undefined where arguments have
 * names, as clone's have: then all of them are to be read.
 */
export function registerOf(
  text: string,
  index: number,
  architecture: ArchitectureName,
): { value: bigint | undefined } | undefined {
  const parts = splitArguments(text, index + 1);
  if (parts.some((part) => NAMED.test(part))) return undefined;
  const part = parts[index];
  return { value: part === undefined ? undefined : argumentValue(part, architecture) };
}

const NAMED = /^([a-z_]\w*)=(.*)$/s;
const NUMBER = /^(?:0|[1-9]\d{0,18}|0x[\da-f]{1,16})$/;

/** How many words of arguments are kept with their values: the constants of a log are few, and its addresses are many. */
const MAX_WORDS = 10_000;
const words = new Map<ArchitectureName, Map<string, bigint | undefined>>();

/** As {@link wordValue}, once for the same word. */
function argumentValue(text: string, architecture: ArchitectureName): bigint | undefined {
  if (NUMBER.test(text)) return BigInt(text);
  let known = words.get(architecture);
  if (known === undefined || known.size >= MAX_WORDS) {
    known = new Map();
    words.set(architecture, known);
  }
  const before = known.get(text);
  if (before !== undefined || known.has(text)) return before;
  const value = wordValue(text, architecture);
  if (text.length <= 200) known.set(detached(text), value);
  return value;
}

/** The value of an argument; undefined for what is none, or has a name that is not known here. */
function wordValue(text: string, architecture: ArchitectureName): bigint | undefined {
  // `0x7 /* PR_??? */`; `TIOCGPTN or X`, one number that two drivers have names for; `3</path>`.
  const plain = text
    .replace(/\/\*.*?\*\//g, '')
    .replace(/<.*$/s, '')
    .trim();
  for (const alternative of plain.split(' or ')) {
    const value = expressionOf(alternative.trim(), architecture);
    if (value !== undefined) return value;
  }
  return undefined;
}

function expressionOf(text: string, architecture: ArchitectureName): bigint | undefined {
  if (/^-\d{1,19}$/.test(text)) return BigInt.asUintN(64, BigInt(text));
  if (/^0[0-7]{1,22}$/.test(text)) return BigInt(`0o${text.slice(1)}`);
  const request = /^_IOC\(([\w|]+), (0x[\da-f]+|\d+), (0x[\da-f]+|\d+), (0x[\da-f]+|\d+)\)$/.exec(text);
  if (request) return ioctlRequest(request, architecture);
  return constantExpression(text, architecture);
}

/** An ioctl(2) request that strace has no name for, by its parts: asm-generic/ioctl.h, and mips, ppc and sparc otherwise. */
function ioctlRequest([, direction = '', ...numbers]: RegExpExecArray, architecture: ArchitectureName): bigint {
  const [group, number, size] = numbers.map(BigInt) as [bigint, bigint, bigint];
  const isWide = /^(mips|ppc)/.test(architecture);
  const isParisc = architecture.startsWith('parisc');
  const bits = new Map(
    Object.entries(
      isWide
        ? { _IOC_NONE: 1n, _IOC_READ: 2n, _IOC_WRITE: 4n }
        : { _IOC_NONE: 0n, _IOC_READ: isParisc ? 1n : 2n, _IOC_WRITE: isParisc ? 2n : 1n },
    ),
  );
  const way = direction.split('|').reduce((sum, word) => sum | (bits.get(word) ?? 0n), 0n);
  return (way << (isWide ? 29n : 30n)) | (size << 16n) | (group << 8n) | number;
}
