import type { Architecture, ArchitectureName } from '../../src/architecture.js';
import {
  type ArgumentComparison,
  type FilterAttributes,
  FilterContext,
  type Libseccomp,
} from '../../src/libseccomp/index.js';
import type { Action, CompareOperator } from '../../src/policy.js';

/** The machine a test program runs on: `architecture` is what C calls SCMP_ARCH_NATIVE. */
export interface Machine {
  libseccomp: Libseccomp;
  architecture: Architecture;
}

/** The parameters of a live test when it runs. */
export interface LiveInput {
  /** The action in its row of the table. */
  action: Action;
  /** The file it has opened before it makes the filter. */
  fd: number;
}

/** One of upstream's test programs in terms of our API: `ports/NN-name.ts` exports these. */
export interface Port {
  /** The filter of the C program, made in the same steps. `live` is given to live tests. */
  build?: Build;
  /** What the C program asserts beyond its output; raises if it does not hold. */
  check?(machine: Machine): void;
}

export type Build = (machine: Machine, live: LiveInput) => FilterContext;

export const ALLOW: Action = { kind: 'ALLOW' };
export const KILL: Action = { kind: 'KILL_THREAD' };
export const KILL_PROCESS: Action = { kind: 'KILL_PROCESS' };
export const LOG: Action = { kind: 'LOG' };
export const NOTIFY: Action = { kind: 'NOTIFY' };
export const TRAP: Action = { kind: 'TRAP' };
export const errno = (data: number): Action => ({ kind: 'ERRNO', data });
export const trace = (data: number): Action => ({ kind: 'TRACE', data });

const comparison =
  (op: CompareOperator) =>
  (index: number, value: number | bigint): ArgumentComparison => ({ index, op, value: BigInt(value) });
export const ne = comparison('NE');
export const lt = comparison('LT');
export const le = comparison('LE');
export const eq = comparison('EQ');
export const ge = comparison('GE');
export const gt = comparison('GT');
export const maskedEq = (index: number, mask: number, value: number): ArgumentComparison => ({
  index,
  op: 'MASKED_EQ',
  value: BigInt(mask),
  valueTwo: BigInt(value),
});

export const STDIN = 0;
export const STDOUT = 1;
export const STDERR = 2;

export type Rule = readonly [action: Action, syscall: string | number, ...comparisons: ArgumentComparison[]];

export interface FilterOptions {
  /** The architectures in place of the machine's own, in this order. */
  architectures?: readonly ArchitectureName[];
  attributes?: Partial<FilterAttributes>;
  /** Add the rules with seccomp_rule_add_exact. */
  exact?: boolean;
}

/** A filter the way most of upstream's programs make theirs. */
export function filter(
  { libseccomp, architecture }: Machine,
  defaultAction: Action,
  rules: readonly Rule[] = [],
  { architectures, attributes = {}, exact = false }: FilterOptions = {},
): FilterContext {
  const context = new FilterContext(libseccomp, { defaultAction, architecture });
  if (architectures) {
    context.removeArchitecture(architecture);
    for (const name of architectures) context.addArchitecture(name);
  }
  for (const [name, value] of Object.entries(attributes)) {
    context.setAttribute(name as keyof FilterAttributes, value);
  }
  for (const [action, syscall, ...comparisons] of rules) {
    if (exact) context.addRuleExact(action, syscall, comparisons);
    else context.addRule(action, syscall, comparisons);
  }
  return context;
}

/** One rule without comparisons for each system call. */
export const each = (action: Action, ...syscalls: (string | number)[]): Rule[] =>
  syscalls.map((syscall) => [action, syscall]);

/** `SSIZE_MAX` of limits.h. */
export const ssizeMax = ({ architecture }: Machine): bigint => 2n ** BigInt(architecture.wordSize - 1) - 1n;
