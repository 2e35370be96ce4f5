import { findArchitecture } from '../../architecture.js';
import { areInstructions } from '../program/codec.js';
import type { Endianness, Instruction } from '../program/instruction.js';
import { readBase64 } from './byte-texts.js';
import { TextFault } from './program-text-error.js';

/** Instructions of JSON, and the byte order that it names. */
export interface JsonProgram {
  instructions?: Instruction[];
  bytes?: Uint8Array;
  endianness?: Endianness | undefined;
}

type Json = { [key: string]: unknown } | readonly unknown[] | string | number | boolean | null;

const MOST = { code: 0xffff, jt: 0xff, jf: 0xff, k: 0xffffffff } as const;

/**
 * JSON that holds a program: what `--format json` writes, or a list of instructions (`{"code": 32, …}`, `{"op": 32, …}`
 * or `[32, 0, 0, 4]`) or of bytes. Undefined for any other.
 */
export function readJsonProgram(text: string): JsonProgram | undefined {
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
  if (Array.isArray(json)) {
    if (json.length > 0 && json.every((each) => Number.isInteger(each) && each >= 0 && each <= 0xff)) {
      const bytes = Uint8Array.from(json as number[]);
      return areInstructions(bytes) ? { bytes } : undefined;
    }
    const instructions = json.map(instructionOf);
    return json.length > 0 && instructions.every((each) => each !== undefined) ? { instructions } : undefined;
  }
  if (typeof json !== 'object' || json === null) return undefined;
  const { instructions, program, endianness, arches, architectures } = json as { [key: string]: unknown };
  if (!Array.isArray(instructions)) return undefined;
  const order = endianness === 'little' || endianness === 'big' ? endianness : orderOf(arches ?? architectures);
  if (typeof program === 'string') {
    const bytes = readBase64(program);
    if (bytes === undefined) throw new TextFault('"program" is no program in base64', text.indexOf('"program"'));
    return { bytes, endianness: order };
  }
  const read = instructions.map(instructionOf);
  const bad = read.indexOf(undefined);
  if (bad >= 0 || read.length === 0) {
    throw new TextFault(
      read.length === 0
        ? '"instructions" is empty'
        : `instructions[${bad}] has not the numbers "code", "jt", "jf" and "k" of a struct sock_filter`,
      text.indexOf('"instructions"'),
    );
  }
  return { instructions: read as Instruction[], endianness: order };
}

function orderOf(names: unknown): Endianness | undefined {
  if (!Array.isArray(names)) return undefined;
  const orders = new Set(names.map((name) => findArchitecture(String(name))?.endianness));
  return orders.size === 1 ? [...orders][0] : undefined;
}

function instructionOf(value: unknown): Instruction | undefined {
  const fields = Array.isArray(value)
    ? value.length === 4
      ? { code: value[0], jt: value[1], jf: value[2], k: value[3] }
      : undefined
    : typeof value === 'object' && value !== null
      ? lowered(value)
      : undefined;
  if (fields === undefined) return undefined;
  for (const [name, most] of Object.entries(MOST)) {
    const field = fields[name as keyof typeof MOST];
    if (typeof field !== 'number' || !Number.isInteger(field) || field < 0 || field > most) return undefined;
  }
  const { code, jt, jf, k } = fields as unknown as Instruction;
  return { code, jt, jf, k };
}

function lowered(value: object): Record<keyof typeof MOST, unknown> {
  const fields = new Map(Object.entries(value).map(([name, field]) => [name.toLowerCase(), field as unknown]));
  const [operation = fields.get('op'), jt, jf, k] = ['code', 'jt', 'jf', 'k'].map((name) => fields.get(name));
  return { code: operation, jt, jf, k };
}
