import type { Architecture } from '../architecture.js';
import { allBitsKnown, type KnownBits } from '../bpf/index.js';
import { InvalidArgumentError } from '../errors.js';
import { nearestName } from '../nearest-name.js';
import { constantExpression, nearestConstant } from '../syscalls/constants.js';
import { hasNarrowRegisters, type SyscallParameter } from '../syscalls/signature.js';
import { quote } from '../text.js';

/**
 * Arguments by the manual page's name (or `a0` to `a5`), or in order in a list: a number, or constants as text
 * (`'AF_UNIX'`, `'SOCK_STREAM|SOCK_CLOEXEC'`). What is left out may be anything.
 */
export type CallArguments = Readonly<Record<string, ArgumentValue>> | readonly (ArgumentValue | undefined)[];
export type ArgumentValue = number | bigint | string;

/** The registers of a call, by index: what is known of each. */
export type KnownArguments = readonly (KnownBits | undefined)[];

export interface AskedArguments {
  /**
   * As C libraries pass the arguments, which leave zeroes or the sign in the bits that the kernel does not read: both,
   * where they differ.
   */
  usual: readonly UsualArguments[];
  /** With anything in the bits that the kernel does not read. */
  any: KnownArguments;
}

export interface UsualArguments {
  registers: KnownArguments;
  /** The negative arguments in words: `dirfd is passed as 0xffffff9c`. Empty where there are none. */
  form: string;
}

const LOW_HALF = 0xffff_ffffn;
const HIGH_HALF = LOW_HALF << 32n;

/**
 * What a question gives of a call's arguments.
 *
 * @throws {InvalidArgumentError} when the call has no such argument, or it cannot have the value
 */
export function askedArguments(
  syscall: string,
  args: CallArguments,
  parameters: readonly SyscallParameter[],
  architecture: Architecture,
): AskedArguments {
  if (typeof args !== 'object' || args === null) {
    throw new InvalidArgumentError(`${syscall}: give its arguments as an object, { name: value }, or as a list`);
  }
  const isNarrow = hasNarrowRegisters(architecture.name);
  let any = unknownArguments(architecture);
  let usual: UsualArguments[] = [{ registers: any, form: '' }];
  for (const [index, value] of givenArguments(syscall, args, parameters)) {
    const bits = parameters[index]?.bits ?? (isNarrow ? 32 : 64);
    const what = `${syscall}, argument ${parameters[index]?.name ?? index}`;
    const read = BigInt.asUintN(bits, integerOf(what, value, bits, architecture));
    const mask = (1n << BigInt(bits)) - 1n;
    any = withArgument(any, index, { value: read, mask: isNarrow ? mask | HIGH_HALF : mask });
    const isNegative = bits === 32 && !isNarrow && read >> 31n === 1n;
    usual = usual.flatMap(({ registers, form }) =>
      (isNegative ? [read, read | HIGH_HALF] : [read]).map((value) => {
        const said = isNegative ? `${parameters[index]?.name ?? `a${index}`} is passed as 0x${value.toString(16)}` : '';
        return {
          registers: withArgument(registers, index, allBitsKnown(value)),
          form: [form, said].filter(Boolean).join(' and '),
        };
      }),
    );
  }
  return { usual, any };
}

/** Nothing is known of a call's arguments: where registers end, the kernel gives filters zeroes. */
export function unknownArguments({ name }: Architecture): KnownArguments {
  return Array.from({ length: 6 }, () => (hasNarrowRegisters(name) ? { value: 0n, mask: HIGH_HALF } : undefined));
}

/** With one argument more. */
export const withArgument = (args: KnownArguments, index: number, known: KnownBits): KnownArguments =>
  args.map((each, at) => (at === index ? known : each));

function givenArguments(
  syscall: string,
  args: CallArguments,
  parameters: readonly SyscallParameter[],
): (readonly [number, ArgumentValue])[] {
  const entries = Array.isArray(args)
    ? args.map((value, index) => [index, value] as const)
    : Object.entries(args).map(([name, value]) => [indexOf(syscall, name, parameters), value] as const);
  const given = entries.filter((entry): entry is readonly [number, ArgumentValue] => entry[1] !== undefined);
  for (const [position, [index]] of given.entries()) {
    if (index > 5) throw new InvalidArgumentError(`${syscall}: a system call has six arguments`);
    if (given.findIndex(([other]) => other === index) !== position) {
      throw new InvalidArgumentError(`${syscall}: argument ${index} is given twice`);
    }
  }
  return given;
}

function indexOf(syscall: string, name: string, parameters: readonly SyscallParameter[]): number {
  const names = parameters.map((parameter) => parameter.name);
  const index = names.indexOf(name);
  if (index >= 0) return index;
  if (/^a[0-5]$/.test(name)) return Number(name[1]);
  const nearest = nearestName(name, names);
  const known = names.length === 0 ? 'name its registers a0 to a5' : `it has ${names.join(', ')}`;
  const hint = nearest === undefined ? known : `did you mean ${nearest}?`;
  throw new InvalidArgumentError(`${syscall} has no argument ${quote(name)}; ${hint}`);
}

function integerOf(what: string, value: ArgumentValue, bits: number, { name }: Architecture): bigint {
  const number = typeof value === 'string' ? constantExpression(value, name) : value;
  if (number === undefined) {
    const nearest = nearestConstant(String(value), name);
    const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
    throw new InvalidArgumentError(`${what}: ${name} has no constant ${quote(String(value))}${hint}`);
  }
  if (typeof number === 'number' ? !Number.isSafeInteger(number) : typeof number !== 'bigint') {
    throw new InvalidArgumentError(
      typeof number === 'number'
        ? `${what}: ${number} is no exact integer; give a bigint`
        : `${what}: give a number, a bigint or the name of a constant, not ${number === null ? 'null' : `of type ${typeof number}`}`,
    );
  }
  const integer = BigInt(number);
  if (integer >= 1n << BigInt(bits) || integer < -(1n << BigInt(bits - 1))) {
    throw new InvalidArgumentError(`${what}: ${value} does not fit its ${bits} bits`);
  }
  return integer;
}
