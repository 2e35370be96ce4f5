import { type Architecture, findArchitecture, parseArchitecture } from '../architecture.js';
import {
  allBitsKnown,
  buildDecisionDiagram,
  type DecisionDiagram,
  type KnownBits,
  type PossibleDecision,
  possibleDecisions,
} from '../bpf/index.js';
import { type CompiledFilter, type CompileOptions, compileProfileSync, type ProfileInput } from '../compiler/index.js';
import { InvalidArgumentError } from '../errors.js';
import { loadLibseccompSync } from '../libseccomp/index.js';
import { libseccompName } from '../libseccomp/kernel-names.js';
import { constantExpression } from '../syscalls/constants.js';
import { nearestSyscall } from '../syscalls/nearest-syscall.js';
import { type SyscallParameter, syscallSignature } from '../syscalls/signature.js';
import { quote } from '../text.js';

/**
 * Arguments by the manual page's name, or by index in a list: a number, or constants as text (`'AF_UNIX'`,
 * `'SOCK_STREAM|SOCK_CLOEXEC'`). What is left out may be anything.
 */
export type CallArguments = Readonly<Record<string, ArgumentValue>> | readonly (ArgumentValue | undefined)[];
export type ArgumentValue = number | bigint | string;

/** How a profile is compiled, and which of its architectures is asked about. */
export interface QuestionOptions extends Partial<CompileOptions> {
  /** The architecture the call is made on, where it is not the one compiled for: `x86` on an x86_64 machine. */
  callArch?: string | undefined;
}

/** The subject of a question: a profile's text, bytes or object, or a filter that was compiled before. */
export type Subject = ProfileInput | CompiledFilter;

export interface PolicyAnswer {
  decisions: readonly PossibleDecision[];
  architecture: Architecture;
  parameters: readonly SyscallParameter[];
}

interface Prepared {
  filter: CompiledFilter;
  diagram: DecisionDiagram;
}

/**
 * Every decision that calls of this name with these arguments can meet: exact, for all values of the arguments that are
 * not given.
 *
 * @param upperHalves of a 32-bit argument. `extended`: what the C library leaves in the upper half of the register
 * (zero, or the sign). `any`: whatever an attacker puts there, since the kernel does not read it
 */
export function ask(
  subject: Subject,
  syscall: string,
  args: CallArguments,
  upperHalves: 'extended' | 'any',
  options: QuestionOptions,
): PolicyAnswer {
  const { filter, diagram } = prepare(subject, options);
  const architecture = parseArchitecture(options.callArch ?? (filter.arches[0] as string));
  if (!filter.arches.includes(architecture.name)) {
    throw new InvalidArgumentError(
      `the filter decides for ${filter.arches.join(', ')}, not for ${architecture.name}: it answers every call of it alike`,
    );
  }
  const { libseccomp = sharedLibseccomp() } = options;
  const nr = libseccomp.resolveSyscallName(libseccompName(syscall, architecture.name), architecture);
  if (nr === undefined || nr < 0) {
    const nearest = syscallSignature(syscall) ? undefined : nearestSyscall(syscall);
    const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
    throw new InvalidArgumentError(`${architecture.name} has no system call ${quote(syscall)}${hint}`);
  }
  const parameters = syscallSignature(syscall, architecture.name) ?? [];
  const known = knownArguments(syscall, args, parameters, upperHalves, architecture);
  return {
    decisions: possibleDecisions(diagram, { arch: architecture.auditArch, nr, args: known }),
    architecture,
    parameters,
  };
}

function knownArguments(
  syscall: string,
  args: CallArguments,
  parameters: readonly SyscallParameter[],
  upperHalves: 'extended' | 'any',
  architecture: Architecture,
): (KnownBits | undefined)[] {
  const given: (readonly [number, ArgumentValue | undefined])[] = Array.isArray(args)
    ? args.map((value, index) => [index, value] as const)
    : Object.entries(args).map(([name, value]) => [indexOf(syscall, name, parameters), value] as const);
  const known: (KnownBits | undefined)[] = [];
  for (const [index, value] of given) {
    if (value === undefined) continue;
    if (index > 5) throw new InvalidArgumentError(`${syscall}: a system call has six arguments`);
    const bits = parameters[index]?.bits ?? 64;
    known[index] = bitsOf(`${syscall}, argument ${index}`, value, bits, upperHalves, architecture);
  }
  return known;
}

function indexOf(syscall: string, name: string, parameters: readonly SyscallParameter[]): number {
  const index = parameters.findIndex((parameter) => parameter.name === name);
  if (index >= 0) return index;
  const names = parameters.map((parameter) => parameter.name).join(', ');
  throw new InvalidArgumentError(
    `${syscall} has no argument ${quote(name)}; ${names === '' ? 'give them as a list' : `it has ${names}`}`,
  );
}

function bitsOf(
  what: string,
  value: ArgumentValue,
  bits: number,
  upperHalves: 'extended' | 'any',
  { name, wordSize }: Architecture,
): KnownBits {
  const number = typeof value === 'string' ? constantExpression(value, name) : value;
  if (number === undefined) throw new InvalidArgumentError(`${what}: ${name} has no constant ${quote(String(value))}`);
  if (typeof number === 'number' && !Number.isSafeInteger(number)) {
    throw new InvalidArgumentError(`${what}: ${number} is no exact integer; give a bigint`);
  }
  const integer = BigInt(number);
  if (integer >= 1n << BigInt(bits) || integer < -(1n << BigInt(bits - 1))) {
    throw new InvalidArgumentError(`${what}: ${value} does not fit its ${bits} bits`);
  }
  if (bits === 64) return allBitsKnown(integer);
  const mask = (1n << BigInt(bits)) - 1n;
  // A machine with 32-bit registers has no upper half, and the kernel gives filters zeroes there.
  if (wordSize === 32) return allBitsKnown(integer & 0xffff_ffffn);
  return upperHalves === 'any' ? { value: integer & mask, mask } : allBitsKnown(integer);
}

// A profile is asked many times; options are few and usually one object.
const byOptions = new WeakMap<object, Map<unknown, Prepared>>();

function prepare(subject: Subject, options: QuestionOptions): Prepared {
  const known = byOptions.get(options) ?? new Map<unknown, Prepared>();
  byOptions.set(options, known);
  const before = known.get(subject);
  if (before) return before;
  const filter = isCompiled(subject) ? subject : compile(subject, options);
  const endianness = findArchitecture(filter.arches[0] as string)?.endianness;
  const prepared = { filter, diagram: buildDecisionDiagram(filter.program, { endianness }) };
  // An object may change between two questions; a text cannot, nor does a filter.
  if (typeof subject === 'string' || isCompiled(subject)) known.set(subject, prepared);
  return prepared;
}

function compile(profile: ProfileInput, options: QuestionOptions): CompiledFilter {
  const { callArch: _, arch = 'x86_64', libseccomp = sharedLibseccomp(), ...rest } = options;
  return compileProfileSync(profile, { ...rest, arch, libseccomp });
}

function isCompiled(subject: Subject): subject is CompiledFilter {
  return typeof subject === 'object' && 'program' in subject && 'arches' in subject;
}

let shared: ReturnType<typeof loadLibseccompSync> | undefined;
function sharedLibseccomp() {
  if (!shared?.usable) shared = loadLibseccompSync();
  return shared;
}
