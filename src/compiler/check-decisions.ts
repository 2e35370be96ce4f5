import { encodeAction, kernelAction } from '../action.js';
import type { Architecture } from '../architecture.js';
import { createSimulator, type SeccompData } from '../bpf/simulate.js';
import type { Action, ArgumentCondition } from '../policy.js';
import { effectiveConditions, rulesOf, type Translation } from './expected-decisions.js';
import { miscompiled, type RuleOperation } from './miscompiled.js';
import { MULTIPLEXED_CALLS } from './multiplexed-calls.js';

type Rule = Pick<RuleOperation, 'action' | 'conditions'>;
type Arguments = SeccompData['args'];

/** How many calls of one system call are tried, on each architecture: where rules compare by order, which goes wrong. */
const MOST_CALLS = 3000;
/** And elsewhere. Each profile pays for them at its first compile, before the simulator is compiled itself. */
const FEW_CALLS = 200;
const BY_ORDER: ReadonlySet<string> = new Set(['LT', 'LE', 'GT', 'GE']);

/** Where libseccomp puts the rules of other calls too: what they decide is not in their own rules alone. */
const MULTIPLEXERS: ReadonlySet<string> = new Set(['socketcall', 'ipc']);

const LOW = 0xffffffffn;

/**
 * Try a program on the calls around the values its conditions name, and compare with the rules read one by one. libseccomp
 * 2.6.0 merges the conditions of one system call into a tree, and gets it wrong for some: of `a0 < 0x100000000` and
 * `a0 <= 5`, both denied, it lets 6 through. Such a program raises CompileError (`MISCOMPILED`).
 *
 * It tries values on and beside every boundary, in both halves of 64 bits; it is no proof, which `proveDecisions` is, at
 * several times the cost. Where rules of several actions hold, any of them will do.
 *
 * @param program libseccomp's, without an ENOSYS stub
 */
export function checkDecisions(program: Uint8Array, translation: Translation): void {
  const { operations, architectures, resolve, policy, source } = translation;
  const { defaultAction } = policy;
  const rules = operations.filter((operation): operation is RuleOperation => operation.kind === 'addRule');
  const conditional = new Set(rules.filter(({ conditions }) => conditions.length > 0).map(({ syscall }) => syscall));
  const multiplexed = rules.filter(({ name }) => MULTIPLEXED_CALLS.has(name) || MULTIPLEXERS.has(name));
  if (conditional.size === 0 && multiplexed.length === 0) return;
  const groups = groupBySyscall(rules);
  const simulator = createSimulator(program, { endianness: (architectures[0] as Architecture).endianness });

  const tryCalls = (
    nr: number,
    architecture: Architecture,
    group: readonly Rule[],
    about: readonly RuleOperation[],
  ): void => {
    for (const args of callsAround(group, architecture)) {
      const data: SeccompData = { nr, arch: architecture.auditArch, instructionPointer: 0n, args };
      const { returnValue } = simulator.simulate(data);
      const right = decisions(group, args, architecture, defaultAction);
      if (right.some((action) => encodeAction(action) === returnValue)) continue;
      throw miscompiled({ architecture, data, got: kernelAction(returnValue), right, rules: about, source });
    }
  };

  for (const architecture of architectures) {
    for (const syscall of conditional) {
      const group = groups.get(syscall) as RuleOperation[];
      const last = group.at(-1) as RuleOperation;
      const nr = resolve(last.name, architecture);
      if (nr === undefined || nr < 0 || MULTIPLEXERS.has(last.name)) continue;
      const effective = group.map(({ action, conditions }) => ({
        action,
        conditions: effectiveConditions(conditions, architecture),
      }));
      tryCalls(nr, architecture, effective, group);
    }
    // What the calls behind a multiplexer come to is in its own rules. Their own numbers, which are slow to find, are not tried.
    const behind = { ...translation, operations: multiplexed, syscalls: () => [], enosysStub: false };
    for (const multiplexer of multiplexed.length > 0 ? MULTIPLEXERS : []) {
      const nr = resolve(multiplexer, architecture);
      if (nr === undefined || nr < 0) continue;
      const group = rulesOf(behind, architecture).get(nr) ?? [];
      const about = group.map(({ operation }) => operation);
      if (group.length > 0) tryCalls(nr, architecture, group, about);
    }
  }
}

function groupBySyscall(rules: readonly RuleOperation[]): Map<number, RuleOperation[]> {
  const groups = new Map<number, RuleOperation[]>();
  for (const rule of rules) groups.set(rule.syscall, [...(groups.get(rule.syscall) ?? []), rule]);
  return groups;
}

/** The actions that are right for a call: an unconditional rule decides alone, else every rule that holds is. */
function decisions(
  group: readonly Rule[],
  args: Arguments,
  architecture: Architecture,
  defaultAction: Action,
): Action[] {
  const unconditional = group.find(({ conditions }) => conditions.length === 0);
  if (unconditional) return [unconditional.action];
  const holding = group.filter(({ conditions }) =>
    conditions.every((condition) => holds(condition, args, architecture)),
  );
  return holding.length > 0 ? holding.map(({ action }) => action) : [defaultAction];
}

/** On 32-bit architectures libseccomp compares the low halves, of the argument and of the value. */
function holds(
  { index, op, value, valueTwo }: ArgumentCondition,
  args: Arguments,
  { wordSize }: Architecture,
): boolean {
  const cut = (datum: bigint) => (wordSize === 32 ? datum & LOW : datum);
  const argument = cut(args[index] as bigint);
  const datum = cut(value);
  switch (op) {
    case 'NE':
      return argument !== datum;
    case 'LT':
      return argument < datum;
    case 'LE':
      return argument <= datum;
    case 'EQ':
      return argument === datum;
    case 'GE':
      return argument >= datum;
    case 'GT':
      return argument > datum;
    case 'MASKED_EQ':
      // libseccomp masks the datum too
      return (argument & datum) === (cut(valueTwo) & datum);
  }
}

/** Calls with values on and beside the boundaries of all conditions; of too many, some spread over all. */
function callsAround(group: readonly Rule[], { wordSize }: Architecture): Arguments[] {
  const candidates = Array.from({ length: 6 }, (_, index) => {
    const data = group
      .flatMap(({ conditions }) => conditions)
      .filter((condition) => condition.index === index)
      .flatMap(({ op, value, valueTwo }) =>
        op === 'MASKED_EQ' ? [valueTwo, valueTwo | (~value & ((LOW << 32n) | LOW)), valueTwo ^ value] : [value],
      );
    if (data.length === 0) return [0n];
    const lows = around(data.map((datum) => datum & LOW));
    return wordSize === 32
      ? lows
      : around(data.map((datum) => datum >> 32n)).flatMap((high) => lows.map((low) => (high << 32n) | low));
  });
  const total = candidates.reduce((product, values) => product * values.length, 1);
  // An odd step, so that it does not keep meeting the same values of one argument.
  const isByOrder = group.some(({ conditions }) => conditions.some(({ op }) => BY_ORDER.has(op)));
  const step = Math.ceil(total / (isByOrder ? MOST_CALLS : FEW_CALLS)) | 1;
  const calls: Arguments[] = [];
  for (let at = 0; at < total; at += step) {
    let rest = at;
    calls.push(
      candidates.map((values) => {
        const value = values[rest % values.length] as bigint;
        rest = Math.floor(rest / values.length);
        return value;
      }) as unknown as Arguments,
    );
  }
  return calls;
}

/** Each 32-bit value and its neighbours, without repetition. */
function around(values: readonly bigint[]): bigint[] {
  return [...new Set(values.flatMap((value) => [value, value - 1n, value + 1n]).concat(0n, LOW))].filter(
    (value) => value >= 0n && value <= LOW,
  );
}
