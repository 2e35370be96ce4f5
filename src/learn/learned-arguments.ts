import { type ArchitectureName, parseArchitecture } from '../architecture.js';
import { checkArgument, TEXT } from '../options.js';
import { constantExpression } from '../syscalls/constants.js';
import { syscallSignature } from '../syscalls/signature.js';
import type { ArgumentMask, ObservedArgument } from './observations.js';

const NAMESPACES = 'CLONE_NEWNS|CLONE_NEWCGROUP|CLONE_NEWUTS|CLONE_NEWIPC|CLONE_NEWUSER|CLONE_NEWPID|CLONE_NEWNET';
const WRITABLE_CODE = 'PROT_WRITE|PROT_EXEC';

/**
 * The calls whose arguments decide what they do: one number is many calls (ioctl, prctl), or a flag is another
 * privilege (clone). `parameter`, or `parameter&MASK` where the other bits do no harm, as SOCK_CLOEXEC of a socket.
 * Parameters are those of `syscallSignature`. clone3 and bind have what matters in memory, which no filter sees.
 */
const LEARNED: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    socketcall: ['call'],
    ipc: ['call'],
    socket: ['domain', 'type&0xf', 'protocol'],
    socketpair: ['domain', 'type&0xf', 'protocol'],
    setsockopt: ['level', 'optname'],
    clone: [`flags&${NAMESPACES}`],
    unshare: ['flags'],
    setns: ['nstype'],
    ioctl: ['request'],
    fcntl: ['cmd'],
    fcntl64: ['cmd'],
    prctl: ['option'],
    arch_prctl: ['code'],
    personality: ['persona'],
    ptrace: ['request'],
    keyctl: ['operation'],
    bpf: ['cmd'],
    mmap: [`prot&${WRITABLE_CODE}`],
    mmap2: [`prot&${WRITABLE_CODE}`],
    mprotect: [`prot&${WRITABLE_CODE}`],
    pkey_mprotect: [`prot&${WRITABLE_CODE}`],
  }),
);

/**
 * The bits of a call's arguments that `--args` learns from; none for a call that does one thing whatever its arguments.
 *
 * @throws {InvalidArgumentError} when there is no such architecture; of a call that nobody knows there are none
 *
 * @example
 * ```js
 * import { learnedArguments } from 'libseccomp-wasm/learn';
 *
 * console.log(learnedArguments('ioctl', 'x86_64')); // [ { index: 1, mask: 4294967295n } ]
 * console.log(learnedArguments('read', 'x86_64')); // []
 * ```
 */
export function learnedArguments(name: string, architecture: ArchitectureName): readonly ArgumentMask[] {
  // An unknown one would have no arguments, and the entry would allow the call with all of them.
  parseArchitecture(architecture);
  checkArgument('learnedArguments', 'name', name, TEXT);
  const learned = LEARNED.get(name);
  if (!learned) return [];
  const parameters = syscallSignature(name, architecture) ?? [];
  return learned.flatMap((text): ArgumentMask[] => {
    const [parameter, bits] = text.split('&') as [string, string?];
    const index = parameters.findIndex((each) => each.name === parameter);
    // Where an architecture has the call otherwise: mmap on x86 takes a pointer to its arguments.
    if (index < 0) return [];
    const all = (1n << BigInt(parameters[index]!.bits)) - 1n;
    const mask = bits === undefined ? all : constantExpression(bits, architecture)!;
    return [{ index, mask }];
  });
}

/** The observed bits that are within other masks; an argument that is not known there is left out. */
export function narrowArguments(
  args: readonly ObservedArgument[],
  masks: readonly ArgumentMask[],
): readonly ObservedArgument[] {
  return masks.flatMap(({ index, mask }) => {
    const observed = args.find((each) => each.index === index);
    if (!observed || (mask & ~observed.mask) !== 0n) return [];
    return [{ index, mask, value: observed.value & mask }];
  });
}

/** One mask for each argument that one of two lists has. */
export function joinMasks(a: readonly ArgumentMask[], b: readonly ArgumentMask[]): readonly ArgumentMask[] {
  const masks = new Map<number, bigint>();
  for (const { index, mask } of [...a, ...b]) masks.set(index, (masks.get(index) ?? 0n) | mask);
  return [...masks].sort(([first], [second]) => first - second).map(([index, mask]) => ({ index, mask }));
}
