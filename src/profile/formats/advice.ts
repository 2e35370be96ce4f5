import type { ArchitectureName } from '../../architecture.js';
import { errnoNumber } from '../../errno.js';
import type { SyscallParameter } from '../../syscalls/signature.js';

/** The words of advice, in the format of the file: what it says to write can be written there. */
export interface AdviceWording {
  /** The word for an action. */
  action(kind: 'ALLOW' | 'LOG' | 'ERRNO' | 'TRACE' | 'NOTIFY'): string;
  /** To answer calls with ENOSYS, by an entry of their own, where an entry or the default refuses them otherwise. */
  answerEnosys(names: readonly string[], architecture: ArchitectureName, refusedBy: 'entry' | 'default'): string;
  /** The same where ENOSYS has an unusual number. */
  answerOddEnosys(name: string, architecture: ArchitectureName): string;
  /** To make ENOSYS the answer to calls that are not named. */
  defaultEnosys(architecture: ArchitectureName): string;
  /** To put an architecture into the filter. */
  addArchitecture(name: ArchitectureName, isMapped: boolean): string;
  /** To have architectures of both byte orders. */
  splitByteOrders: string;
  /** To give a call to containers with a capability only. */
  tieToCapability(name: string, capability: string): string;
  /** Not to allow a call. */
  takeOut(name: string): string;
  /** To make an entry count on 64-bit architectures only; undefined where it cannot be said. */
  onlyWide: string | undefined;
  /** To compare as many bits of an argument as the kernel reads, with the same operator; undefined where there is no such form. */
  narrow(parameter: SyscallParameter): string | undefined;
  /** To compare the bits of an argument that the kernel reads with a value. */
  masked(argument: MaskedArgument): string;
  /** To compare them with any other value; undefined where an entry is written for each of some masks. */
  differing?(argument: MaskedArgument): string;
  /** How a comparison under a mask is called. */
  maskedForm(mask: bigint): string;
  /** What to do about a mask of 0. */
  maskOfZero: string;
  /** The key that names an agent's socket. */
  listener: string;
  /** What to call something that is a note only. */
  note: string;
}

export interface MaskedArgument {
  index: number;
  parameter: SyscallParameter;
  mask: bigint;
  datum: bigint;
}

/** The number of ENOSYS on an architecture. */
export const enosysOn = (architecture: ArchitectureName) => errnoNumber('ENOSYS', architecture) as number;
