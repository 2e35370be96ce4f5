import type { Architecture } from './architecture.js';
import type { SourcePosition } from './errors.js';
import type { KernelVersion } from './kernel-version.js';

/**
 * What the kernel does with a system call. `data` is the 16-bit value of the action. For ERRNO it is the errno
 * (libseccomp takes 0..4094), for TRACE the tracer's message (0..65535). For TRAP it is si_errno of the signal
 * (0..65535); absent is 0, and libseccomp and profiles have no other. Nobody sees the data of the other actions.
 */
export type Action =
  | { kind: 'KILL_PROCESS' }
  | { kind: 'KILL_THREAD' }
  | { kind: 'TRAP'; data?: number | undefined }
  | { kind: 'ERRNO'; data: number }
  | { kind: 'TRACE'; data: number }
  | { kind: 'NOTIFY' }
  | { kind: 'LOG' }
  | { kind: 'ALLOW' };

/** `enum scmp_compare` without its prefix. */
export type CompareOperator = 'NE' | 'LT' | 'LE' | 'EQ' | 'GE' | 'GT' | 'MASKED_EQ';

/**
 * One condition on a system call argument. 64-bit unsigned values. With MASKED_EQ `value` is the mask and `valueTwo`
 * the datum, as runc, crun and containers/common read the OCI runtime spec: `(argument & value) == valueTwo`. The other
 * operators ignore `valueTwo`.
 */
export interface ArgumentCondition {
  /** 0..5 */
  index: number;
  op: CompareOperator;
  value: bigint;
  valueTwo: bigint;
}

export type RulePlace = Pick<PolicyRule, 'path' | 'position' | 'source'>;

/** One entry of a profile's `syscalls`, after conditional entries were decided. All conditions must hold (AND). */
export interface PolicyRule {
  names: readonly ({ name: string } & RulePlace)[];
  action: Action;
  conditions: readonly ArgumentCondition[];
  /** The runtime gets the entry with an empty list of conditions, not without one: youki distinguishes them. */
  hasEmptyArgs?: boolean | undefined;
  /** The architectures of the filter that the rule is for; left out: all. */
  abis?: readonly Architecture[] | undefined;
  /** It answers calls that a list of allowed ones does not name, where the default is another: nobody wrote it. */
  isUnlisted?: true | undefined;
  /** Where in the profile: the JSON path, for instance `syscalls[3]`, and the position where the text is known. */
  path: string;
  position?: SourcePosition | undefined;
  /** The file, where the profile extends another and this comes from there. */
  source?: string | undefined;
}

/** `SECCOMP_FILTER_FLAG_…` of seccomp(2) that a profile may ask for. */
export type FilterFlag =
  | 'SECCOMP_FILTER_FLAG_TSYNC'
  | 'SECCOMP_FILTER_FLAG_LOG'
  | 'SECCOMP_FILTER_FLAG_SPEC_ALLOW'
  | 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV';

/** Something that a reviewer should know, but no error. `code` is stable. */
export interface Warning {
  code: string;
  message: string;
  /** JSON path in the profile, for instance `syscalls[3].names[0]`. */
  path?: string | undefined;
  position?: SourcePosition | undefined;
  /** The file, where the profile extends another and this is about that one. */
  source?: string | undefined;
}

/**
 * A profile of any format as plain rules for one target: what readers (`src/profile`) make and the compiler
 * (`src/compiler`) takes. Nothing in it is conditional any more.
 */
export interface SeccompPolicy {
  defaultAction: Action;
  /** Architectures besides the target's own; may name it again. */
  architectures: readonly ({ architecture: Architecture } & RulePlace)[];
  /** Undefined where the profile does not have the key: runtimes have defaults then. An empty list means "none". */
  flags: readonly FilterFlag[] | undefined;
  rules: readonly PolicyRule[];
  listenerPath?: string | undefined;
  listenerMetadata?: string | undefined;
  /** Calls that came after this Linux, and that no rule names, answer ENOSYS instead of the default action. */
  enosysNewerThan?: KernelVersion | undefined;
}
