import type { Architecture } from '../../architecture.js';
import { InvalidArgumentError } from '../../errors.js';
import { nearestName } from '../../nearest-name.js';
import { ARCHITECTURE, checkArgument, LIST, OBJECT, TEXT } from '../../options.js';
import { constantExpression, nearestConstant } from '../../syscalls/constants.js';
import { nearestSyscall } from '../../syscalls/nearest-syscall.js';
import { hasNarrowRegisters, type SyscallParameter, syscallSignature } from '../../syscalls/signature.js';
import { quote } from '../../text.js';
import type { SeccompData } from './simulate.js';

/** A system call as people write it down. */
export interface WrittenCall {
  /** A name, or a number (decimal, 0x…, negative). */
  syscall: string;
  /** In order, or as `name=value`; what is left out is 0. */
  args: readonly string[];
  architecture: Architecture;
  instructionPointer?: bigint | undefined;
  /** As `syscallNaming` has them. */
  syscallName(token: number, nr: number): string | undefined;
  syscallNumber(token: number, name: string): number | undefined;
}

export interface ParsedCall {
  data: SeccompData;
  /** Undefined for a number without a name. */
  name: string | undefined;
  /** What the call takes, as far as it is known. */
  parameters: readonly SyscallParameter[];
}

/**
 * What a filter sees of a call. Constants have their value on the architecture. A negative number is sign-extended to
 * the register, which has 32 bits on a 32-bit machine.
 *
 * @throws {InvalidArgumentError} when the call or an argument has no value there
 *
 * @example
 * ```js
 * import { findArchitecture } from 'libseccomp-wasm';
 * import { parseCall } from 'libseccomp-wasm/bpf';
 *
 * const { data, parameters } = parseCall({
 *   syscall: '41',
 *   args: ['AF_UNIX', 'type=SOCK_STREAM'],
 *   architecture: findArchitecture('x86_64'),
 *   syscallName: (token, nr) => (nr === 41 ? 'socket' : undefined),
 *   syscallNumber: () => undefined,
 * });
 * console.log(data.nr, data.args.slice(0, 2), parameters[1].name); // 41 [ 1n, 1n ] type
 * ```
 */
export function parseCall(call: WrittenCall): ParsedCall {
  checkArgument('parseCall', 'call', call, OBJECT);
  checkArgument('parseCall', 'call.architecture', call.architecture, ARCHITECTURE);
  checkArgument('parseCall', 'call.args', call.args, LIST);
  checkArgument('parseCall', 'call.syscall', call.syscall, TEXT);
  const { architecture } = call;
  const nr = parseNumber(call);
  const name = call.syscallName(architecture.token, nr);
  const parameters = (name === undefined ? undefined : syscallSignature(name, architecture.name)) ?? [];
  const args: [bigint, bigint, bigint, bigint, bigint, bigint] = [0n, 0n, 0n, 0n, 0n, 0n];
  const given = new Set<number>();
  call.args.forEach((text, position) => {
    const [, label, value] = /^(\w+)=(.*)$/s.exec(text) ?? [undefined, undefined, text];
    const index = label === undefined ? position : indexOf(label, parameters, name ?? call.syscall);
    if (index > 5) throw new InvalidArgumentError(`${call.args.length} arguments; a system call has 6 at most`);
    if (given.has(index))
      throw new InvalidArgumentError(`argument ${index} is given twice, the second time as ${quote(text)}`);
    given.add(index);
    args[index] = parseValue(value!, architecture);
  });
  const data = { nr, arch: architecture.auditArch, instructionPointer: call.instructionPointer ?? 0n, args };
  return { data, name, parameters };
}

function parseNumber({ syscall, architecture, syscallNumber }: WrittenCall): number {
  if (/^(-?\d+|0x[\da-f]+)$/i.test(syscall)) {
    const nr = Number(syscall);
    if (nr >= -(2 ** 31) && nr < 2 ** 32) return nr;
    throw new InvalidArgumentError(`system call number ${syscall} has more than 32 bits`);
  }
  const nr = syscallNumber(architecture.token, syscall);
  if (nr !== undefined) return nr;
  if (syscallSignature(syscall) === undefined) {
    const nearest = nearestSyscall(syscall);
    const hint = nearest === undefined ? 'scmp resolve shows what a name or number is' : `did you mean ${nearest}?`;
    throw new InvalidArgumentError(`no architecture has a system call ${quote(syscall)}; ${hint}`);
  }
  throw new InvalidArgumentError(
    `${architecture.name} has no number for ${quote(syscall)}; scmp resolve shows who has it, and through what`,
  );
}

function indexOf(label: string, parameters: readonly SyscallParameter[], call: string): number {
  const index = parameters.findIndex(({ name }) => name === label);
  if (index >= 0) return index;
  if (/^a[0-5]$/.test(label)) return Number(label[1]);
  const names = parameters.map(({ name }) => name);
  const nearest = nearestName(label, names);
  const known = names.length > 0 ? `it has ${names.join(', ')}` : 'name them a0 to a5';
  const hint = nearest === undefined ? known : `did you mean ${nearest}?`;
  throw new InvalidArgumentError(`${call} has no argument ${quote(label)}; ${hint}`);
}

function parseValue(text: string, architecture: Architecture): bigint {
  const bits = hasNarrowRegisters(architecture.name) ? 32 : 64;
  const negative = /^-(0x[\da-f]{1,16}|\d{1,20})$/i.exec(text)?.[1];
  const value = negative === undefined ? constantExpression(text, architecture.name) : -BigInt(negative);
  if (value === undefined) {
    const nearest = nearestConstant(text, architecture.name);
    const hint = nearest ? `; did you mean ${nearest}?` : ' (write 12, 0xc, -1, AF_UNIX, O_RDWR|O_CLOEXEC)';
    throw new InvalidArgumentError(`${quote(text)} is no number and no constant of ${architecture.name}${hint}`);
  }
  if (value >= 1n << BigInt(bits) || value < -(1n << BigInt(bits - 1))) {
    throw new InvalidArgumentError(`${text} does not fit in the ${bits} bits of an argument on ${architecture.name}`);
  }
  return BigInt.asUintN(bits, value);
}
