import type { Architecture } from '../architecture.js';
import { encodeProgram } from '../bpf/program/codec.js';
import { INSTRUCTION_SIZE, MAX_INSTRUCTIONS } from '../bpf/program/instruction.js';
import { FilterContext, type Libseccomp, LibseccompError, LibseccompWorkLimitError } from '../libseccomp/index.js';
import { TOO_MUCH_WORK } from '../libseccomp/libseccomp-error.js';
import { CompileError } from './compile-error.js';
import { enosysStub } from './enosys-stub.js';
import type { Rules } from './expected-decisions.js';
import { applyOperation, type FilterOperation, isOn, isRuleOperation, type RuleOperation } from './filter-operation.js';
import { newerCallsStub } from './newer-calls-stub.js';
import { architectureRefused, ruleRefused } from './refusal.js';
import { describeConflict } from './rule-conflict.js';
import { fastestOrder } from './rule-order.js';

/** A program's length is 16 bits (`struct sock_fprog`), so that libseccomp makes no longer ones. */
const MAX_EXPORTED = 0xffff;

/** A program, and with `pfc` its pseudo filter code. */
export interface LibseccompProgram {
  program: Uint8Array;
  pfc?: string;
}

/**
 * The program that libseccomp makes of rules, after the ENOSYS stubs where there are any.
 *
 * @throws {CompileError} when libseccomp refuses a rule, or the program has more instructions than the kernel loads
 */
export function libseccompProgram(
  rules: Rules,
  { libseccomp, pfc = false }: { libseccomp: Libseccomp; pfc?: boolean | undefined },
): LibseccompProgram {
  const { policy, architectures, enosysStub: hasStub, newer, resolve, source } = rules;
  const [architecture] = architectures as [Architecture];
  using filter = buildFilter(libseccomp, rules);
  const exported = exportBpf(filter, source);
  let program = exported;
  if (hasStub) {
    const names = new Set(policy.rules.flatMap((rule) => rule.names.map(({ name }) => name)));
    const stub = enosysStub(policy.defaultAction, architectures, names, resolve);
    program = concatenate(encodeProgram(stub, architecture.endianness), exported);
  }
  if (newer) program = concatenate(encodeProgram(newerCallsStub(newer), architecture.endianness), program);
  const instructions = program.length / INSTRUCTION_SIZE;
  if (instructions > MAX_INSTRUCTIONS) {
    throw new CompileError(
      'PROGRAM_TOO_LARGE',
      `the program has ${instructions} instructions, the kernel loads ${MAX_INSTRUCTIONS} at most; use fewer architectures or conditions`,
      { source },
    );
  }
  return { program, ...(pfc ? { pfc: filter.exportPfc() } : {}) };
}

/** A filter context after all operations. What libseccomp refuses is reported at its place in the profile. */
function buildFilter(libseccomp: Libseccomp, rules: Rules): FilterContext {
  const { operations, policy } = rules;
  const [architecture] = rules.architectures as [Architecture];
  const build = (all: readonly FilterOperation[]) => {
    // Architectures with other rules are first a filter of their own.
    const [own, ...others] = alike(rules.architectures, all.filter(isRuleOperation)) as [Architecture[]];
    const filter = fill(others.length > 0 ? all.filter((operation) => isFor(operation, own)) : all);
    try {
      for (const members of others) {
        const rest = fill(
          all.filter((operation) => isFor(operation, members)),
          (context) => context.removeArchitecture(architecture),
        );
        filter.merge(rest);
      }
      return filter;
    } catch (error) {
      filter.release();
      throw error;
    }
  };
  const fill = (ordered: readonly FilterOperation[], prepare?: (filter: FilterContext) => void) => {
    const filter = new FilterContext(libseccomp, { defaultAction: policy.defaultAction, architecture });
    filter.releaseOnRefusal();
    let isPrepared = prepare === undefined;
    for (const operation of ordered) {
      try {
        // The target is removed once another architecture is in the filter: rules need one to be added to.
        if (!isPrepared && operation.kind === 'addRule') {
          prepare?.(filter);
          isPrepared = true;
        }
        applyOperation(filter, operation);
      } catch (cause) {
        filter.release();
        throw refusal(operation, cause, rules);
      }
    }
    if (!isPrepared) prepare?.(filter);
    return filter;
  };
  try {
    return build(fastestOrder(operations));
  } catch (error) {
    if (!libseccomp.usable) throw error;
    // The profile's own order decides which of several faults is reported.
    return build(operations);
  }
}

/** The architectures in groups that have the same rules; the first one's group is the first. */
function alike(architectures: readonly Architecture[], operations: readonly RuleOperation[]): Architecture[][] {
  const sets = new Set(operations.flatMap(({ on }) => (on ? [on] : [])));
  const groups = new Map<string, Architecture[]>();
  for (const architecture of architectures) {
    const key = [...sets].map((set) => Number(set.includes(architecture))).join('');
    groups.set(key, [...(groups.get(key) ?? []), architecture]);
  }
  return [...groups.values()];
}

/** Whether an operation is one of the filter of some architectures that have the same rules. */
function isFor(operation: FilterOperation, members: readonly Architecture[]): boolean {
  if (operation.kind === 'addRule') return isOn(operation, members[0]!);
  return operation.kind !== 'addArchitecture' || members.includes(operation.architecture);
}

function exportBpf(filter: FilterContext, source: string | undefined): Uint8Array {
  try {
    return filter.exportBpf();
  } catch (cause) {
    if (cause instanceof LibseccompWorkLimitError) {
      throw new CompileError('TOO_COMPLEX', TOO_MUCH_WORK, { source }, { cause });
    }
    if (!(cause instanceof LibseccompError) || cause.errno !== 'E2BIG') throw cause;
    const message = `the program has more than ${MAX_EXPORTED} instructions, the kernel loads ${MAX_INSTRUCTIONS} at most; use fewer architectures or conditions`;
    throw new CompileError('PROGRAM_TOO_LARGE', message, { source }, { cause });
  }
}

function refusal(operation: FilterOperation, cause: unknown, rules: Rules): unknown {
  const isLimit = cause instanceof LibseccompWorkLimitError;
  if (!isLimit && !(cause instanceof LibseccompError)) return cause;
  switch (operation.kind) {
    case 'addRule': {
      const isConflict = !isLimit && cause.errno === 'EEXIST';
      const conflict = isConflict ? describeConflict(operation, rules) : undefined;
      const reason = isLimit ? TOO_MUCH_WORK : conflict || cause.message;
      return ruleRefused(operation, reason, rules, { code: isLimit ? 'TOO_COMPLEX' : 'RULE_REFUSED', cause });
    }
    case 'addArchitecture':
      return architectureRefused(operation.architecture, cause.message, rules, { cause });
    default:
      return cause;
  }
}

function concatenate(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
}
