import { type Instruction, MAX_INSTRUCTIONS } from '../program/instruction.js';
import { TextFault } from './program-text-error.js';

const HEX = '(?:0x)?([\\da-f]+)';
/** Four fields of an instruction behind its number: libseccomp's tools, seccomp-tools and firejail's fsec-print. */
const ROW = new RegExp(`^\\s*([\\da-f]{3,}):\\s+${HEX}\\s+${HEX}\\s+${HEX}\\s+(?:0x)?([\\da-f]{8})(?:\\s.*)?$`, 'i');
const NUMBERED = /^\s*[\da-f]{3,}:\s/i;
const HEADING = /^\s*line\s+(?:OP|CODE)\s+JT\s+JF\s+K\s*$/i;

/**
 * A listing with the fields of each instruction in hexadecimal: what is said in words beside them is not read. Every
 * instruction has to be there, in order, and the lines between are headings.
 */
export function readListing(text: string): Instruction[] | undefined {
  const instructions: Instruction[] = [];
  let offset = 0;
  let isListing = false;
  /** Whether lines are numbered in decimal (libseccomp, seccomp-tools) or hexadecimal (firejail), where it shows. */
  let radix: 10 | 16 | undefined;
  for (const line of text.split('\n')) {
    const at = offset;
    offset += line.length + 1;
    isListing ||= HEADING.test(line);
    const row = ROW.exec(line);
    if (!row) {
      if (instructions.length > 0 && NUMBERED.test(line))
        throw new TextFault('no line of a listing: it needs the fields code, jt, jf and k in hexadecimal', at);
      continue;
    }
    const [, label, code, jt, jf, k] = row.map(String) as [string, string, string, string, string, string];
    const next = instructions.length;
    if (next >= 10) radix ??= ([10, 16] as const).find((each) => Number.parseInt(label, each) === next);
    const index = Number.parseInt(label, radix ?? 10);
    if (index !== instructions.length) {
      if (instructions.length === 0) return undefined;
      throw new TextFault(
        index === 0
          ? 'a second listing begins here: give one program at a time'
          : `instruction ${instructions.length} should be here, and this is ${label}: is a part missing?`,
        at,
      );
    }
    if (instructions.length >= MAX_INSTRUCTIONS) {
      throw new TextFault(`more than ${MAX_INSTRUCTIONS} instructions, which is the most that a kernel takes`, at);
    }
    const fields = [code, jt, jf, k].map((digits) => Number.parseInt(digits, 16));
    const [codeValue = 0, jtValue = 0, jfValue = 0, kValue = 0] = fields;
    if (codeValue > 0xffff || jtValue > 0xff || jfValue > 0xff) {
      throw new TextFault('a field is larger than it can be: code has 16 bits, jt and jf have 8', at);
    }
    instructions.push({ code: codeValue, jt: jtValue, jf: jfValue, k: kValue });
  }
  if (instructions.length > 0) return instructions;
  if (isListing) throw new TextFault('a listing without instructions', 0);
  return undefined;
}

/** `tcpdump -ddd` and the bytecode of iptables: the count, then `code jt jf k` of each in decimal. */
export function readDecimal(text: string): Instruction[] | undefined {
  const parts = text
    .split(/[,\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const count = Number(parts.shift());
  if (!Number.isInteger(count) || parts.length === 0 || !parts.every((part) => /^\d+(?:[ \t]+\d+){3}$/.test(part))) {
    return undefined;
  }
  if (count !== parts.length) {
    throw new TextFault(`${count} instructions are announced and ${parts.length} are there; is it cut off?`, 0);
  }
  return parts.map((part) => {
    const [code = 0, jt = 0, jf = 0, k = 0] = part.split(/[ \t]+/).map(Number);
    if (code > 0xffff || jt > 0xff || jf > 0xff || k > 0xffffffff) {
      throw new TextFault(`${part}: a field is larger than it can be`, text.indexOf(part));
    }
    return { code, jt, jf, k };
  });
}
