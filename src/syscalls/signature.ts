import { type ArchitectureName, findArchitecture } from '../architecture.js';
import { checkArgument, TEXT } from '../options.js';
import type { ConstantFamily } from './constant-families.js';
import { ALIGNED_PAIRS, SIGNATURES, UID16_ARCHITECTURES, UID16_CALLS, VARIANTS } from './signatures.js';

/**
 * The C type of a parameter, as far as a filter has to know it. `fd`, `pid` and `id` (uid_t, gid_t) are ints with a
 * meaning. `mode` is umode_t, `size` is size_t, and `string` is a pointer to a name or path. `offset` and `u64` are 64
 * bits wide on every architecture.
 */
export type ParameterType =
  | 'int'
  | 'uint'
  | 'long'
  | 'ulong'
  | 'fd'
  | 'pid'
  | 'id'
  | 'mode'
  | 'size'
  | 'offset'
  | 'u64'
  | 'pointer'
  | 'string';

export interface SyscallParameter {
  /** The manual page's name of it, the kernel's where there is no page. */
  name: string;
  type: ParameterType;
  /**
   * How many low bits of the argument the kernel reads; the rest is what the caller left in the register. 32 for an
   * int, 16 for a mode_t and for the user ids of old calls, 64 for a long or a pointer on a machine with 64-bit
   * registers.
   */
  bits: 16 | 32 | 64;
  /** The argument is an address that the kernel reads or writes: a filter sees the address, never the memory. */
  pointer: boolean;
  /** The constants people write for it. */
  constants?: ConstantFamily;
}

const WIDE: ReadonlySet<ParameterType> = new Set(['offset', 'u64']);
const WORD: ReadonlySet<ParameterType> = new Set(['long', 'ulong', 'size', 'pointer', 'string']);

// x32 and MIPS n32 count as 32-bit machines elsewhere, but their system calls take full 64-bit registers.
const NARROW_REGISTERS: ReadonlySet<ArchitectureName> = new Set([
  ...(['x86', 'arm', 'm68k', 'mips', 'mipsel', 'parisc', 'ppc', 's390', 'sh', 'sheb'] as const),
]);

/** Whether its system calls take registers of 32 bits: arguments have only a low half. */
export function hasNarrowRegisters(architecture: ArchitectureName): boolean {
  return NARROW_REGISTERS.has(architecture);
}

let generic: Map<string, string> | undefined;
let variants: Map<string, string> | undefined;

/** `name name: parameters`, one a line. */
function index(text: string): Map<string, string> {
  const entries = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const colon = line.indexOf(':');
    for (const name of line.slice(0, colon).trim().split(' ')) entries.set(name, line.slice(colon + 1).trim());
  }
  return entries;
}

function parse(text: string): SyscallParameter[] {
  if (text === '') return [];
  return text.split(', ').map((parameter) => {
    const [type, name, constants] = parameter.split(' ') as [ParameterType, string, ConstantFamily | undefined];
    return {
      name,
      type,
      bits: type === 'mode' ? 16 : WIDE.has(type) || WORD.has(type) ? 64 : 32,
      pointer: type === 'pointer' || type === 'string',
      ...(constants === undefined ? {} : { constants }),
    };
  });
}

/** The registers of a machine with 32-bit ones: a 64-bit parameter is passed in two (syscall(2)). */
function splitWide(name: string, parameters: readonly SyscallParameter[], architecture: ArchitectureName) {
  const halves = findArchitecture(architecture)?.endianness === 'big' ? ['high', 'low'] : ['low', 'high'];
  const registers: SyscallParameter[] = [];
  for (const parameter of parameters) {
    if (!WIDE.has(parameter.type)) {
      registers.push({ ...parameter, bits: parameter.bits === 16 ? 16 : 32 });
      continue;
    }
    if (registers.length % 2 === 1 && isAligned(name, architecture)) {
      registers.push({ name: 'unused', type: 'ulong', bits: 32, pointer: false });
    }
    for (const half of halves) {
      registers.push({ name: `${parameter.name}_${half}`, type: 'ulong', bits: 32, pointer: false });
    }
  }
  // seccomp_data has six arguments; MIPS takes a seventh from the stack, which no filter sees.
  return registers.slice(0, 6);
}

/** Whether a 64-bit argument starts at an even register, after an unused one where necessary (syscall(2)). */
function isAligned(name: string, architecture: ArchitectureName): boolean {
  // arch/sh/kernel/sys_sh32.c: only where the pair would otherwise lie half in a register and half on the stack.
  if (architecture === 'sh' || architecture === 'sheb') return name === 'pread64' || name === 'pwrite64';
  return ALIGNED_PAIRS.has(architecture);
}

/**
 * The parameters of a system call in the order of its registers, at most six. The list is empty where it takes none, or
 * where Linux has only the name and answers ENOSYS. Undefined for a name that Linux does not have. Without an
 * architecture it is as on x86_64; a name that only another architecture has is as there.
 *
 * With an architecture, it has that one's order (`clone` has three) and old forms (`mmap` on x86 is one pointer). On
 * machines with 32-bit registers every 64-bit value has two registers. It does not say whether the architecture has the
 * call.
 *
 * @throws nothing: what Linux does not have is undefined
 *
 * @example
 * ```js
 * import { syscallSignature } from 'libseccomp-wasm/syscalls';
 *
 * console.log(syscallSignature('socket').map(({ name }) => name)); // [ 'domain', 'type', 'protocol' ]
 * console.log(syscallSignature('no_such_call')); // undefined
 * ```
 */
export function syscallSignature(
  name: string,
  architecture?: ArchitectureName,
): readonly SyscallParameter[] | undefined {
  checkArgument('syscallSignature', 'name', name, TEXT);
  generic ??= index(SIGNATURES);
  variants ??= index(VARIANTS);
  const text = (architecture && variants.get(`${name}@${architecture}`)) ?? generic.get(name);
  if (text === undefined) return undefined;
  const parameters = parse(text);
  if (architecture === undefined) return parameters;
  if (UID16_CALLS.has(name) && UID16_ARCHITECTURES.has(architecture)) {
    for (const parameter of parameters) if (parameter.type === 'id') parameter.bits = 16;
  }
  return hasNarrowRegisters(architecture) ? splitWide(name, parameters, architecture) : parameters;
}

/**
 * The names of all system calls with a signature.
 *
 * @throws nothing: the list is part of the package
 *
 * @example
 * ```js
 * import { knownSyscalls } from 'libseccomp-wasm/syscalls';
 *
 * console.log(knownSyscalls().includes('openat')); // true
 * ```
 */
export function knownSyscalls(): string[] {
  generic ??= index(SIGNATURES);
  return [...generic.keys()];
}
