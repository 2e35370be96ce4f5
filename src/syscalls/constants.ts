import type { ArchitectureName } from '../architecture.js';
import { editsFor, nearestName } from '../nearest-name.js';
import { checkArgument, TEXT } from '../options.js';
import { type ConstantFamily, FAMILIES, type FamilyData } from './constant-families.js';

export type { ConstantFamily } from './constant-families.js';

/** One family as one architecture has it. */
interface FamilyTable {
  /** Names in order of preference, with their prefix. */
  readonly names: ReadonlyMap<string, bigint>;
  /** The first name of every value that excludes the others. */
  readonly values: ReadonlyMap<bigint, string>;
  /** Those with most bits first, since O_SYNC holds O_DSYNC. */
  readonly flags: readonly (readonly [string, bigint])[];
  /** The bits that hold one of `values`. */
  readonly mask: bigint;
  readonly radix: 8 | 10 | 16;
}

const DEFAULT_ARCHITECTURE: ArchitectureName = 'x86_64';
const ALL_64_BITS = (1n << 64n) - 1n;

/** Whether a key of {@link FamilyData.differs} is about this architecture. */
function appliesTo(key: string, architecture: ArchitectureName): boolean {
  return key
    .split(' ')
    .some((group) => (group.endsWith('*') ? architecture.startsWith(group.slice(0, -1)) : group === architecture));
}

/** asm-generic/ioctl.h, and the headers of the architectures that lay the number out otherwise. */
function ioctlRequest(token: RegExpExecArray, architecture: ArchitectureName): bigint {
  const [, kind, group, number, size] = token as unknown as [string, string, string, string, string?];
  const parisc = architecture.startsWith('parisc');
  const wide = architecture.startsWith('mips') || architecture.startsWith('ppc');
  const none = wide ? 1 : 0;
  const write = wide ? 4 : parisc ? 2 : 1;
  const read = wide ? 2 : parisc ? 1 : 2;
  const direction = { _IO: none, _IOR: read, _IOW: write, _IOWR: read | write }[kind] ?? none;
  const bytes = size === 'L' ? (isLongWide(architecture) ? 8 : 4) : Number(size ?? 0);
  const letter = /^\D$/.test(group) ? group.charCodeAt(0) : Number(group);
  return BigInt(Number(number) | (letter << 8) | (bytes << 16)) + (BigInt(direction) << (wide ? 29n : 30n));
}

const isLongWide = (architecture: ArchitectureName) =>
  architecture.includes('64') && !architecture.endsWith('n32') ? true : architecture === 's390x';

function popcount(value: bigint): number {
  return value.toString(2).replaceAll('0', '').length;
}

const EMPTY: FamilyTable = { names: new Map(), values: new Map(), flags: [], mask: ALL_64_BITS, radix: 16 };

function build(family: ConstantFamily, architecture: ArchitectureName): FamilyTable {
  const data: FamilyData = FAMILIES[family];
  const prefix = data.prefix ?? `${family}_`;
  const mask = data.mask === undefined ? (data.flags === undefined ? ALL_64_BITS : 0n) : BigInt(data.mask);
  const names = new Map<string, { value: bigint; flag: boolean }>();

  const evaluate = (text: string): bigint => {
    if (/^\d/.test(text)) return BigInt(text);
    const request = /^(_IO[RW]*)\((.+?),(\w+)(?:,(\w+))?\)$/.exec(text);
    if (request) return ioctlRequest(request, architecture);
    const value = names.get(text)?.value ?? familyTable('O', architecture).names.get(text);
    if (value === undefined) throw new Error(`constant-families.ts: ${family} has the unknown value ${text}`);
    return value;
  };
  const add = (tokens: string, kind?: 'value' | 'flag') => {
    let last = 0n;
    for (const token of tokens.trim().split(/\s+/)) {
      if (token.startsWith('!')) {
        names.delete(prefix + token.slice(1));
        continue;
      }
      const equals = token.indexOf('=');
      const name = prefix + (equals < 0 ? token : token.slice(0, equals));
      const isFlag = (value: bigint) => (kind ? kind === 'flag' : (names.get(name)?.flag ?? (value & ~mask) !== 0n));
      last = equals < 0 ? (isFlag(last << 1n) ? last << 1n : last + 1n) : evaluate(token.slice(equals + 1));
      if (token !== '-') names.set(name, { value: last, flag: isFlag(last) });
    }
  };
  if (data.only && !appliesTo(data.only, architecture)) return EMPTY;
  if (data.values) add(data.values, 'value');
  if (data.flags) add(data.flags, 'flag');
  for (const [key, tokens] of Object.entries(data.differs ?? {})) if (appliesTo(key, architecture)) add(tokens);

  const values = new Map<bigint, string>();
  if (data.valuesOf) {
    for (const [value, name] of familyTable(data.valuesOf as ConstantFamily, architecture).values)
      values.set(value, name);
  }
  const flags: [string, bigint][] = [];
  for (const [name, { value, flag }] of names) {
    if (flag && value !== 0n) flags.push([name, value]);
    else if (!values.has(value)) values.set(value, name);
  }
  flags.sort(([, a], [, b]) => popcount(b) - popcount(a));
  return {
    names: new Map([...names].map(([name, { value }]) => [name, value])),
    values,
    flags,
    mask,
    radix: data.radix ?? (data.flags === undefined ? 10 : 16),
  };
}

const tables = new Map<string, FamilyTable>();

function familyTable(family: ConstantFamily, architecture: ArchitectureName): FamilyTable {
  const key = `${family}@${architecture}`;
  const known = tables.get(key);
  if (known) return known;
  const table = build(family, architecture);
  tables.set(key, table);
  return table;
}

/** Every family there is. */
export const CONSTANT_FAMILIES = Object.keys(FAMILIES) as readonly ConstantFamily[];

/**
 * The names of a family on an architecture (x86_64 without one) with their values.
 *
 * @throws nothing: every family is part of the package
 *
 * @example
 * ```js
 * import { familyConstants } from 'libseccomp-wasm/syscalls';
 *
 * console.log(familyConstants('AF').get('AF_UNIX')); // 1n
 * ```
 */
export function familyConstants(
  family: ConstantFamily,
  architecture: ArchitectureName = DEFAULT_ARCHITECTURE,
): ReadonlyMap<string, bigint> {
  return familyTable(family, architecture).names;
}

/**
 * The value of a constant by its C name (`AF_UNIX`, `CLONE_NEWUSER`, `TIOCSTI`) in the kernel of `architecture`, x86_64
 * without one. Unsigned, as wide as its argument: `AT_FDCWD`, an int, is 0xffffff9c, to be compared with the argument's
 * low 32 bits. Undefined for a name that is not here or that the architecture does not have.
 *
 * @throws nothing: an unknown name has no value
 *
 * @example
 * ```js
 * import { constantValue } from 'libseccomp-wasm/syscalls';
 *
 * console.log(constantValue('CLONE_NEWUSER'), constantValue('CLONE_NOTHING')); // 268435456n undefined
 * ```
 */
export function constantValue(name: string, architecture: ArchitectureName = DEFAULT_ARCHITECTURE): bigint | undefined {
  checkArgument('constantValue', 'name', name, TEXT);
  for (const family of CONSTANT_FAMILIES) {
    const { prefix = `${family}_` } = FAMILIES[family] as FamilyData;
    if (!name.startsWith(prefix)) continue;
    const value = familyTable(family, architecture).names.get(name);
    if (value !== undefined) return value;
  }
  return undefined;
}

/**
 * The value of constants and numbers joined by `|`: `CLONE_NEWNS|CLONE_NEWPID`, `0o644`. Undefined where a name is
 * unknown, or the text is something else.
 *
 * @throws nothing: any other text has no value
 *
 * @example
 * ```js
 * import { constantExpression } from 'libseccomp-wasm/syscalls';
 *
 * console.log(constantExpression('SOCK_STREAM|SOCK_CLOEXEC'), constantExpression('0o644')); // 524289n 420n
 * console.log(constantExpression('SOCK_STREAM+1')); // undefined
 * ```
 */
export function constantExpression(text: string, architecture?: ArchitectureName): bigint | undefined {
  checkArgument('constantExpression', 'text', text, TEXT);
  let result = 0n;
  for (const part of text.split('|')) {
    const term = part.trim();
    // A leading zero would be octal in C and decimal to BigInt.
    const isNumber = /^(0|[1-9]\d*|0x[\da-f]+|0o[0-7]+|0b[01]+)$/i.test(term);
    const value = isNumber ? BigInt(term) : constantValue(term, architecture);
    if (value === undefined || value > ALL_64_BITS) return undefined;
    result |= value;
  }
  return result;
}

/** The constant that a wrong name most likely means; of an expression with `|`, for the first wrong name. */
export function nearestConstant(text: string, architecture?: ArchitectureName): string | undefined {
  const terms = text.split('|').map((term) => term.trim());
  const unknown = terms.find((term) => /^[A-Za-z_]/.test(term) && constantValue(term, architecture) === undefined);
  if (unknown === undefined) return undefined;
  const all = CONSTANT_FAMILIES.flatMap((family) => [...familyConstants(family, architecture).keys()]);
  // The prefix is the same for many: what counts is the rest.
  return nearestName(unknown, all, editsFor(unknown.replace(/^[^_]*_/, '').length));
}

/**
 * The name of exactly this value: one of the family's values or a single flag. Undefined where it has none.
 *
 * @throws nothing: an unknown value has no name
 *
 * @example
 * ```js
 * import { constantName } from 'libseccomp-wasm/syscalls';
 *
 * console.log(constantName('AF', 1n), constantName('AF', 999n)); // AF_UNIX undefined
 * ```
 */
export function constantName(
  family: ConstantFamily,
  value: bigint,
  architecture: ArchitectureName = DEFAULT_ARCHITECTURE,
): string | undefined {
  const { values, flags } = familyTable(family, architecture);
  return flags.find(([, flag]) => flag === value)?.[0] ?? values.get(value);
}

/**
 * A value in words: `AF_UNIX`, `O_RDWR|O_CLOEXEC`, `CLONE_VM|0x3`; bits without a name as a number, and a value without any
 * as a number alone. {@link constantExpression} reads it back to the same value.
 *
 * @throws nothing: bits without a name are a number
 *
 * @example
 * ```js
 * import { describeValue } from 'libseccomp-wasm/syscalls';
 *
 * console.log(describeValue('AF', 1n), describeValue('O', 0x80002n)); // AF_UNIX O_RDWR|O_CLOEXEC
 * ```
 */
export function describeValue(
  family: ConstantFamily,
  value: bigint,
  architecture: ArchitectureName = DEFAULT_ARCHITECTURE,
): string {
  const { values, flags, mask, radix } = familyTable(family, architecture);
  const parts: string[] = [];
  let rest = value;
  // Flags alone say nothing of zero, unless that is all there is (PROT_NONE).
  const exclusive = mask === 0n && value !== 0n ? undefined : values.get(value & mask);
  if (exclusive !== undefined) {
    parts.push(exclusive);
    rest &= ~mask;
  }
  const named = takeFlags(flags, rest);
  parts.push(...named.names);
  if (named.rest !== 0n || parts.length === 0) parts.push(formatNumber(named.rest, radix));
  return parts.join('|');
}

/**
 * A mask in words: the flags in it by name and the other bits as a number, `O_CREAT|O_EXCL`, `CLONE_NEWUSER|0x80`. The
 * bits that hold one of several values are a number (`0x3`): a mask selects the bits, not one of the values.
 * {@link constantExpression} reads it back to the same mask.
 *
 * @throws nothing: bits without a name are a number
 *
 * @example
 * ```js
 * import { describeMask } from 'libseccomp-wasm/syscalls';
 *
 * console.log(describeMask('O', 0xc0n), describeMask('CLONE', 0x10000080n)); // O_CREAT|O_EXCL CLONE_NEWUSER|0x80
 * ```
 */
export function describeMask(
  family: ConstantFamily,
  mask: bigint,
  architecture: ArchitectureName = DEFAULT_ARCHITECTURE,
): string {
  const { flags, radix } = familyTable(family, architecture);
  const { names, rest } = takeFlags(flags, mask);
  if (rest !== 0n || names.length === 0) names.push(formatNumber(rest, radix === 10 ? 16 : radix));
  return names.join('|');
}

/**
 * A mask of all bits of `whole` but some flags in words: `~(SOCK_NONBLOCK|SOCK_CLOEXEC)`. Missing bits without a name are a
 * number. Undefined where no missing bit has a name, or where as many bits are missing as are there.
 */
export function describeMaskOfOthers(
  family: ConstantFamily,
  mask: bigint,
  whole: bigint,
  architecture: ArchitectureName = DEFAULT_ARCHITECTURE,
): string | undefined {
  const others = whole & ~mask;
  if ((mask & ~whole) !== 0n || others === 0n || popcount(others) >= popcount(mask)) return undefined;
  const { names, rest } = takeFlags(familyTable(family, architecture).flags, others);
  if (names.length === 0) return undefined;
  const parts = rest === 0n ? names : [...names, `0x${rest.toString(16)}`];
  return parts.length > 1 ? `~(${parts.join('|')})` : `~${parts[0]}`;
}

/** The bits that hold a family's values, which exclude one another; none where it has only flags. */
export function valueBits(family: ConstantFamily, architecture: ArchitectureName = DEFAULT_ARCHITECTURE): bigint {
  return familyTable(family, architecture).mask;
}

function takeFlags(flags: FamilyTable['flags'], value: bigint): { names: string[]; rest: bigint } {
  const names: string[] = [];
  let rest = value;
  for (const [name, flag] of flags) {
    if ((rest & flag) !== flag) continue;
    names.push(name);
    rest &= ~flag;
  }
  return { names, rest };
}

function formatNumber(value: bigint, radix: 8 | 10 | 16): string {
  if (radix === 10 || value === 0n) return `${value}`;
  return (radix === 8 ? '0o' : '0x') + value.toString(radix);
}
