import { areInstructions } from '../program/codec.js';
import { INSTRUCTION_SIZE } from '../program/instruction.js';
import { TextFault } from './program-text-error.js';

/** Hex digits alone, in any grouping. */
export function readHex(text: string): Uint8Array | undefined {
  const digits = text.replace(/^\s*0x/i, '').replace(/\s+/g, '');
  if (!/^[\da-f]+$/i.test(digits)) return undefined;
  const bytes = bytesOfHex(digits);
  if (bytes && areInstructions(bytes)) return bytes;
  // Shorter ones may be anything, and are somebody else's to refuse.
  if (digits.length < 2 * INSTRUCTION_SIZE || !/\d/.test(digits)) return undefined;
  if (bytes && bytes.length % INSTRUCTION_SIZE === 0) {
    throw new TextFault('these bytes are no program: not every instruction is one that seccomp takes', 0);
  }
  throw new TextFault(
    `${digits.length} hex digits are no whole number of instructions (${2 * INSTRUCTION_SIZE} digits each); is it cut off?`,
    0,
  );
}

/** `xxd`, `hexdump -C` and `od -An -tx1` with addresses: the bytes of each line, in order. */
export function readHexDump(text: string): Uint8Array | undefined {
  const rows: string[] = [];
  for (const untrimmed of text.split('\n')) {
    const line = untrimmed.trim();
    if (line === '') continue;
    const colon = /^[\da-f]{6,}:\s+((?:[\da-f]{2,8} )*[\da-f]{2,8})(?: {2}.*)?$/i.exec(line);
    const canonical = /^[\da-f]{6,}((?:\s+[\da-f]{2}(?![\da-f]))+)(?:\s+\|.*\|)?$/i.exec(line);
    const bytes = (colon ?? canonical)?.[1]?.replace(/\s+/g, '');
    if (bytes !== undefined) rows.push(bytes);
    else if (line === '*' && rows.length > 0) {
      throw new TextFault('hexdump left out lines that are alike here: use hexdump -v', text.indexOf('*'));
    }
    // The last line of hexdump and od is the length.
    else if (rows.length === 0 || !/^[\da-f]{6,}$/i.test(line)) return undefined;
  }
  const bytes = bytesOfHex(rows.join(''));
  return bytes && areInstructions(bytes) ? bytes : undefined;
}

export function readBase64(text: string): Uint8Array | undefined {
  const characters = text.replace(/\s+/g, '').replace(/-/g, '+').replace(/_/g, '/');
  const unpadded = characters.replace(/={1,2}$/, '');
  if (!/^[A-Za-z\d+/]{11,}$/.test(unpadded) || unpadded.length % 4 === 1) return undefined;
  const binary = atob(unpadded);
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  return areInstructions(bytes) ? bytes : undefined;
}

function bytesOfHex(digits: string): Uint8Array | undefined {
  if (digits.length === 0 || digits.length % 2 !== 0) return undefined;
  return Uint8Array.from({ length: digits.length / 2 }, (_, at) =>
    Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16),
  );
}
