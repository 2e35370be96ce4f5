import { encodeAction } from '../../action.js';
import { ARCHITECTURES, type Architecture } from '../../architecture.js';
import { errnoNames, errnoNumber, isErrnoName } from '../../errno.js';
import type { SourcePosition } from '../../errors.js';
import { nearestName } from '../../nearest-name.js';
import { constantValue, nearestConstant } from '../../syscalls/constants.js';
import { nearestSyscall } from '../../syscalls/nearest-syscall.js';
import { syscallSignature } from '../../syscalls/signature.js';
import type { FlowState } from '../program/dataflow.js';
import { SeccompDataOffset } from '../program/instruction.js';
import type { AssemblyIssueCode } from './assembly-error.js';
import type { NamePart } from './assembly-syntax.js';
import { namedArchitecture, possibleArchitectures } from './naming.js';

/** A name that has no number here. */
export class Unresolved extends Error {
  constructor(
    readonly code: AssemblyIssueCode,
    message: string,
    readonly position: SourcePosition,
  ) {
    super(message);
  }
}

export interface NameContext {
  state: FlowState | undefined;
  assumed: readonly Architecture[];
  /**
   * Whether A is compared with it: then what A holds says whether it names a system call, an architecture or a
   * constant.
   */
  comparison: boolean;
  syscallNumber: ((token: number, name: string) => number | undefined) | undefined;
}

type Name = Extract<NamePart, { kind: 'name' }>;

/** The value of an operand that has names in it: of an architecture, a system call or a constant, by what A holds. */
export function resolveNames(parts: readonly NamePart[], context: NameContext): number {
  const values = parts.map((part) => (part.kind === 'number' ? part.value : resolveName(part, context)));
  return values.reduce((sum, value) => (sum | value) >>> 0, 0);
}

function resolveName(part: Name, context: NameContext): number {
  const origin = context.comparison ? context.state?.a : undefined;
  if (part.architecture) return numberOn(part, part.architecture, context);
  if (origin === SeccompDataOffset.ARCH) {
    const architecture = namedArchitecture(part.name);
    if (architecture) return architecture.auditArch;
    throw new Unresolved('unknown-architecture', `A holds arch here, and ${part.name} is none`, part.position);
  }
  return origin === SeccompDataOffset.NR ? resolveSyscall(part, context) : resolveConstant(part, context);
}

function resolveSyscall(part: Name, context: NameContext): number {
  const architectures = context.state ? possibleArchitectures(context.state, context.assumed) : [];
  if (architectures.length === 0) {
    const message = `${part.name} is a number on an architecture: compare arch before, add .arch, or write it as x86_64:${part.name}`;
    throw new Unresolved('no-architecture', message, part.position);
  }
  const numbers = architectures.map((each) => [each.name, numberOn(part, each, context)] as const);
  return theOnly(part, numbers);
}

function numberOn({ name, position }: Name, { name: architecture, token }: Architecture, context: NameContext): number {
  const number = context.syscallNumber?.(token, name);
  if (number !== undefined) return number >>> 0;
  throw new Unresolved(
    'unknown-name',
    `${architecture} has no system call ${name}${didYouMean(unlessKnown(name))}`,
    position,
  );
}

/** A constant of C, whose value has to be the same wherever the program may be. */
function resolveConstant(part: Name, { state, assumed }: NameContext): number {
  const possible = state ? possibleArchitectures(state, assumed) : [];
  const architectures = possible.length > 0 ? possible : ARCHITECTURES;
  const values = architectures.flatMap((each) => {
    const value = constantValue(part.name, each.name);
    return value === undefined ? [] : [[each.name, value] as const];
  });
  if (values.length === 0)
    throw new Unresolved(
      'unknown-name',
      `there is no ${part.name}${didYouMean(nearestConstant(part.name, architectures[0]!.name))}`,
      part.position,
    );
  if (values.length < architectures.length && possible.length > 0) {
    throw new Unresolved('unknown-name', `not all of the architectures here have ${part.name}`, part.position);
  }
  const value = theOnly(part, values);
  if (value > 0xffffffffn) {
    throw new Unresolved('bad-number', `${part.name} is ${value}, which has more than 32 bits`, part.position);
  }
  return Number(value);
}

/** `ERRNO(EPERM)` as a return value. */
export function resolveErrno(
  part: { name: string; position: SourcePosition },
  { state, assumed }: NameContext,
): number {
  if (!isErrnoName(part.name))
    throw new Unresolved(
      'unknown-name',
      `there is no errno ${part.name}${didYouMean(nearestName(part.name, errnoNames()))}`,
      part.position,
    );
  const architectures: readonly (Architecture | undefined)[] = state ? possibleArchitectures(state, assumed) : [];
  const numbers = (architectures.length > 0 ? architectures : [undefined]).map((each) => {
    const number = errnoNumber(part.name, each?.name);
    if (number === undefined) {
      throw new Unresolved('unknown-name', `there is no errno ${part.name} on ${each?.name ?? 'most'}`, part.position);
    }
    return [each?.name ?? '', number] as const;
  });
  return encodeAction({ kind: 'ERRNO', data: theOnly(part, numbers) });
}

const didYouMean = (nearest: string | undefined) => (nearest === undefined ? '' : `; did you mean ${nearest}?`);

/** A name that another architecture has is no misspelling. */
const unlessKnown = (name: string) => (syscallSignature(name) ? undefined : nearestSyscall(name));

function theOnly<T>({ name, position }: Pick<Name, 'name' | 'position'>, values: readonly (readonly [string, T])[]): T {
  const [first, ...others] = values;
  if (others.every(([, value]) => value === first![1])) return first![1];
  const list = values
    .slice(0, 4)
    .map(([architecture, value]) => `${value} on ${architecture}`)
    .join(', ');
  const message = `${name} is ${list}: compare arch before, add .arch, or write the number`;
  throw new Unresolved('ambiguous-name', message, position);
}
