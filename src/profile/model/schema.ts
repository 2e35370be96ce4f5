// zod/mini, not zod: the same checks, bundled to 18 kB instead of 86, loaded in 8 ms instead of 18. Every command of
// scmp pays that at its start.
import * as z from 'zod/mini';
import { ACTION_NAMES } from '../../action.js';
import { ARCHITECTURES } from '../../architecture.js';
import type { FilterFlag } from '../../policy.js';

const OPERATOR_NAMES = [
  'SCMP_CMP_NE',
  'SCMP_CMP_LT',
  'SCMP_CMP_LE',
  'SCMP_CMP_EQ',
  'SCMP_CMP_GE',
  'SCMP_CMP_GT',
  'SCMP_CMP_MASKED_EQ',
] as const;

export const FLAG_NAMES = [
  'SECCOMP_FILTER_FLAG_TSYNC',
  'SECCOMP_FILTER_FLAG_LOG',
  'SECCOMP_FILTER_FLAG_SPEC_ALLOW',
  'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV',
] as const satisfies readonly FilterFlag[];

/** Of libseccomp's header and of youki, not of the OCI runtime spec: the architecture compiled for. */
export const NATIVE_ARCHITECTURE = 'SCMP_ARCH_NATIVE';
const ARCHITECTURE_NAMES: readonly string[] = ARCHITECTURES.map(({ ociName }) => ociName);

/** Integers are bigint: the reader's documents hold no other. Bounds are inclusive. */
const integer = (least: bigint, most: bigint) => z.bigint().check(z.minimum(least), z.maximum(most));
const uint32 = integer(0n, 2n ** 32n - 1n);
const uint64 = integer(0n, 2n ** 64n - 1n);

// null means that the key is absent, as in Go's encoding/json: Docker's and Podman's own files rely on it.
const action = z.enum(ACTION_NAMES);
const string = z.string();
const strings = z.array(string);
const architecture = z.enum(ARCHITECTURE_NAMES);
const optional = { string: z.nullish(string), strings: z.nullish(strings), uint32: z.nullish(uint32) };

const argument = z.object({
  index: integer(0n, 5n),
  value: uint64,
  valueTwo: z.nullish(uint64),
  op: z.enum(OPERATOR_NAMES),
});

const ociSyscall = z.object({
  names: strings,
  action,
  // The bounds that an action sets are narrower: see checkErrno.
  errnoRet: optional.uint32,
  args: z.nullish(z.array(argument)),
});

/** `linux.seccomp` of the OCI runtime spec (config-linux.md, "Seccomp"). */
export const ociSeccompSchema = z.object({
  defaultAction: action,
  defaultErrnoRet: optional.uint32,
  architectures: z.nullish(z.array(z.enum([...ARCHITECTURE_NAMES, NATIVE_ARCHITECTURE]))),
  flags: z.nullish(z.array(z.enum(FLAG_NAMES))),
  listenerPath: optional.string,
  listenerMetadata: optional.string,
  syscalls: z.nullish(z.array(ociSyscall)),
});

const condition = z.object({
  arches: optional.strings,
  caps: optional.strings,
  minKernel: optional.string,
});
const optionalCondition = z.nullish(condition);

const dockerSyscall = z.extend(ociSyscall, {
  names: optional.strings,
  name: optional.string,
  comment: z.optional(z.unknown()),
  includes: optionalCondition,
  excludes: optionalCondition,
  errno: optional.string,
});

const archMapEntry = z.object({
  architecture,
  subArchitectures: z.nullish(z.array(architecture)),
});

/**
 * Docker's format (moby/moby, profiles/seccomp/seccomp.go) with the errno names that Podman adds to it
 * (containers/common, pkg/seccomp/types.go), and this package's own `extends`, `remove` and `enosysNewerThan`.
 */
export const dockerSeccompSchema = z.extend(ociSeccompSchema, {
  defaultErrno: optional.string,
  archMap: z.nullish(z.array(archMapEntry)),
  syscalls: z.nullish(z.array(dockerSyscall)),
  // Ours: see extend-profile.ts and newer-calls.ts. No runtime knows them.
  extends: optional.string,
  remove: optional.strings,
  enosysNewerThan: optional.string,
});

export type OciSeccomp = z.infer<typeof ociSeccompSchema>;
export type OciSyscall = z.infer<typeof ociSyscall>;
/**
 * A profile in memory. `abis`, `x32ByDefault` and `trapData` are of no file in this shape, and the schema drops them. A
 * reader sets the first two where the format's owner makes a rule for some ABIs of the filter alone. ABIs have the OCI
 * runtime spec's names. `trapData` is what SCMP_ACT_TRAP's handler sees as si_errno, 0 to 65535: libseccomp has none.
 */
export type DockerSeccomp = Omit<z.infer<typeof dockerSeccompSchema>, 'syscalls'> & {
  syscalls?: DockerSyscall[] | null | undefined;
  /** A program for x86_64 that does not look at x32's bit: a call of x32 is a number without a rule. */
  x32ByDefault?: true | undefined;
  /** Of the default action. */
  defaultTrapData?: bigint | undefined;
};
export type DockerSyscall = z.infer<typeof dockerSyscall> & {
  abis?: readonly string[] | undefined;
  trapData?: bigint | undefined;
  /** The setting of a systemd unit that stands for the entry: nobody wrote its conditions. */
  impliedBy?: string | undefined;
  /** The answer to calls that a list of allowed ones does not name, where the default is another. */
  isUnlisted?: true | undefined;
  /** Somebody compared arguments with each other: its conditions of single bits are what rules can say of that. */
  comparesArguments?: true | undefined;
};
export type DockerCondition = z.infer<typeof condition>;
export type SeccompArgument = z.infer<typeof argument>;

/** The known keys of each kind of object: any other is a comment, or a mistake. */
export const KNOWN_KEYS = {
  seccomp: Object.keys(dockerSeccompSchema.shape),
  syscall: Object.keys(dockerSyscall.shape),
  archMapEntry: Object.keys(archMapEntry.shape),
  condition: Object.keys(condition.shape),
  argument: Object.keys(argument.shape),
} as const;

/** The keys that the OCI runtime spec has. */
export const OCI_KEYS = {
  seccomp: Object.keys(ociSeccompSchema.shape),
  syscall: Object.keys(ociSyscall.shape),
  argument: KNOWN_KEYS.argument,
} as const;

/** Those of them that the OCI runtime spec does not have: its runtimes ignore them. A comment does no harm. */
export const DOCKER_ONLY_KEYS = {
  seccomp: KNOWN_KEYS.seccomp.filter((key) => !(key in ociSeccompSchema.shape)),
  syscall: KNOWN_KEYS.syscall.filter((key) => !(key in ociSyscall.shape) && key !== 'comment'),
} as const;

/** Those of them that no runtime has. */
export const OUR_KEYS: readonly string[] = ['extends', 'remove', 'enosysNewerThan'];
