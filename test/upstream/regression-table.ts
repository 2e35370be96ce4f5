import { ARCHITECTURES, type Architecture, parseArchitecture } from '../../src/architecture.js';

/** An entry of a `.tests` file, by the `test type:` above it. What the fields mean: `tests/regression` in the source. */
export type TableEntry =
  | {
      type: 'bpf-sim';
      test: string;
      /** A comma list: `all` and kinds stand for the native architecture, a `+` adds whatever is native, `-` removes. */
      architectures: string;
      /** A name, a number, or a range of either. */
      syscall: string;
      /** Each a number, a range of them, or N: not given. */
      args: readonly string[];
      result: string;
    }
  | { type: 'bpf-sim-fuzz'; test: string; count: number }
  | { type: 'bpf-valgrind'; test: string }
  | { type: 'basic'; command: string }
  | { type: 'live'; test: string; apiLevel: number; action: string };

/** One system call that a `bpf-sim` entry stands for, and what becomes of it. */
export interface SimulatedCall {
  architecture: Architecture;
  /** Signed 32 bits. */
  nr: number;
  /** Unsigned 64 bits each. */
  args: readonly [bigint, bigint, bigint, bigint, bigint, bigint];
}

/** Read a `.tests` file. A line that is not understood is an error: a row left out would be a test that passes. */
export function parseTable(text: string): TableEntry[] {
  const entries: TableEntry[] = [];
  let type: string | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const heading = /^test type: (.*)$/.exec(line);
    if (heading) type = heading[1];
    else entries.push(parseEntry(type, line.split(/\s+/), index + 1));
  }
  return entries;
}

function parseEntry(type: string | undefined, fields: readonly string[], line: number): TableEntry {
  const [test, ...rest] = fields as [string, ...string[]];
  const invalid = () => new Error(`line ${line}: not a test of type ${type}: ${fields.join(' ')}`);
  const expectFields = (count: number) => {
    if (rest.length !== count) throw invalid();
  };
  switch (type) {
    case 'bpf-sim': {
      expectFields(9);
      const [architectures, syscall, ...values] = rest as [string, string, ...string[]];
      return { type, test, architectures, syscall, args: values.slice(0, 6), result: values[6]! };
    }
    case 'bpf-sim-fuzz':
      expectFields(1);
      return { type, test, count: Number(rest[0]) };
    case 'bpf-valgrind':
      expectFields(0);
      return { type, test };
    case 'basic':
      expectFields(0);
      return { type, command: test };
    case 'live':
      expectFields(2);
      return { type, test, apiLevel: Number(rest[0]), action: rest[1]! };
    default:
      throw invalid();
  }
}

/** Every system call of a `bpf-sim` entry on a machine of the given architecture: ranges are multiplied out. */
export function* simulatedCalls(
  entry: TableEntry & { type: 'bpf-sim' },
  native: Architecture,
  resolveSyscall: (name: string, architecture: Architecture) => number,
): Generator<SimulatedCall> {
  for (const architecture of selectArchitectures(entry.architectures, native)) {
    const toNumber = (text: string) =>
      /^-?\d+$/.test(text) ? BigInt(text) : BigInt(resolveSyscall(text, architecture));
    for (const nr of range(entry.syscall, toNumber)) {
      for (const args of product(entry.args.map((arg) => [...range(arg === 'N' ? '0' : arg, BigInt)]))) {
        yield {
          architecture,
          nr: Number(BigInt.asIntN(32, nr)),
          args: args.map((value) => BigInt.asUintN(64, value)) as unknown as SimulatedCall['args'],
        };
      }
    }
  }
}

/** The architectures an entry is about on a machine of the given one; none if it is about others only. */
export function selectArchitectures(list: string, native: Architecture): Architecture[] {
  const kinds: Record<string, (architecture: Architecture) => boolean> = {
    all: () => true,
    all_le: ({ endianness }) => endianness === 'little',
    all_be: ({ endianness }) => endianness === 'big',
    all_32: ({ wordSize }) => wordSize === 32,
    all_64: ({ wordSize }) => wordSize === 64,
  };
  const matches = (word: string) => kinds[word] ?? ((architecture: Architecture) => architecture.name === word);
  const selected = new Set<Architecture>();
  for (const word of list.split(',').filter((word) => !word.startsWith('-'))) {
    const anywhere = word.startsWith('+');
    const name = anywhere ? word.slice(1) : word;
    if (!(name in kinds)) parseArchitecture(name);
    for (const architecture of anywhere ? ARCHITECTURES : [native]) {
      if (matches(name)(architecture)) selected.add(architecture);
    }
  }
  for (const word of list.split(',').filter((word) => word.startsWith('-'))) {
    selected.delete(parseArchitecture(word.slice(1)));
  }
  return [...selected];
}

function* range(text: string, toNumber: (text: string) => bigint): Generator<bigint> {
  const bounds = /^([\da-fA-Fx]+)-([\da-fA-Fx]+)$/.exec(text);
  const [first, last] = bounds ? [toNumber(bounds[1]!), toNumber(bounds[2]!)] : [toNumber(text), toNumber(text)];
  if (last < first) throw new Error(`${text} is no range`);
  for (let value = first; value <= last; value++) yield value;
}

function* product<T>(lists: readonly (readonly T[])[]): Generator<readonly T[]> {
  const [first, ...rest] = lists;
  if (first === undefined) yield [];
  else for (const value of first) for (const values of product(rest)) yield [value, ...values];
}
