import { kernelAction } from '../action.js';
import type { Architecture } from '../architecture.js';
import {
  actionTerminal,
  decisionParts,
  type GivenCall,
  terminalAction,
  terminalAt,
} from '../bpf/decisions/decision-diagram.js';
import {
  type DiagramBudget,
  type DiagramStore,
  FALSE,
  type Node,
  ProgramTooComplexError,
  TRUE,
} from '../bpf/decisions/diagram-store.js';
import type { VariableOrder } from '../bpf/decisions/input-variables.js';
import type { NumberRange, Part } from '../bpf/decisions/partition.js';
import { findWitness } from '../bpf/decisions/witness.js';
import { type SeccompData, simulate } from '../bpf/execution/simulate.js';
import type { Action, ArgumentCondition } from '../policy.js';
import {
  BAD_ARCHITECTURE,
  type CompiledRules,
  conditionalDecisions,
  type Expectation,
  type ExpectedRule,
  expectedDecisions,
} from './expected-decisions.js';
import { isRuleOperation, type RuleOperation } from './filter-operation.js';
import { miscompiled } from './miscompiled.js';
import { keepProven, ProgramDecisions } from './program-decisions.js';

/**
 * Prove that a program decides every possible call as its rules say: all architectures, all numbers, all values of all
 * arguments, the ENOSYS stub included. The rules are read here (see `expectedDecisions`), not by libseccomp. It can be
 * given to `compileProfile` as its option `verify`.
 *
 * Where several conditional rules with different actions hold at once, any of them is right: libseccomp does not say
 * which it takes. But it must take the same one wherever the same rules hold. An unconditional rule decides alone.
 *
 * @throws {CompileError} `MISCOMPILED`, when a call is decided wrongly; it names the call and the entries about it
 * @throws {ProgramTooComplexError} when the budget is not enough
 */
export function proveDecisions(compiledRules: CompiledRules, budget: DiagramBudget = {}): void {
  inSomeOrder(compiledRules, (order) => proveAll(new Proof(compiledRules, budget, order)));
}

/** Real profiles have two or three; a comparison of two arguments has one for each of 32 or 64 bits. */
const FEW_RULES = 16;

/** What compares two arguments, bit by bit, is too complex in the order that suits all else. */
function inSomeOrder({ operations }: CompiledRules, prove: (order: VariableOrder) => void): void {
  const hasTwoMasks = ({ conditions }: RuleOperation) =>
    conditions.length > 1 &&
    new Set(conditions.filter(({ op }) => op === 'MASKED_EQ').map(({ index }) => index)).size > 1;
  const orders: VariableOrder[] =
    operations.filter((each) => isRuleOperation(each) && hasTwoMasks(each)).length > FEW_RULES
      ? ['bits', 'fields']
      : ['fields'];
  for (const [at, order] of orders.entries()) {
    try {
      prove(order);
      return;
    } catch (error) {
      if (!(error instanceof ProgramTooComplexError) || at === orders.length - 1) throw error;
    }
  }
}

function proveAll(proof: Proof): void {
  const { compiledRules } = proof;
  const [target] = compiledRules.architectures as [Architecture];
  const { store } = proof;
  const endianness = target.endianness;
  const { architectures } = decisionParts(compiledRules.program, { store, endianness });
  const auditArches = [...new Set(compiledRules.architectures.map(({ auditArch }) => auditArch))].sort((a, b) => a - b);
  const badArchitecture = actionTerminal(store, BAD_ARCHITECTURE);

  for (const { from, to, calls } of architectures) {
    const inside = auditArches.filter((arch) => from <= arch && arch <= to);
    const other = firstOutside({ from, to }, inside);
    const wrong = other === undefined ? undefined : calls.find(({ node }) => node !== badArchitecture);
    if (wrong) {
      const call = { arch: other, nr: wrong.from };
      const data = findWitness(store, wrong.node, (node) => node !== badArchitecture, call) as SeccompData;
      proof.fail(data, [BAD_ARCHITECTURE], undefined);
    }
    for (const arch of inside) proof.checkNumbers(calls, arch);
  }
  keepProven(proof.decisions);
}

/**
 * Prove that a program decides every call that entries have conditions for as they say, whatever its arguments. That is
 * where libseccomp goes wrong, and takes a fraction of the time of {@link proveDecisions}, which looks at every number
 * there could be.
 *
 * @throws {CompileError} as {@link proveDecisions} does
 */
export function proveConditions(compiledRules: CompiledRules, budget: DiagramBudget = {}): void {
  if (!compiledRules.operations.some((each) => isRuleOperation(each) && each.conditions.length > 0)) return;
  inSomeOrder(compiledRules, (order) => proveAllConditions(new Proof(compiledRules, budget, order)));
}

function proveAllConditions(proof: Proof): void {
  const { compiledRules } = proof;
  for (const expectation of conditionalDecisions(compiledRules)) {
    const call = { arch: expectation.architecture.auditArch, nr: expectation.from };
    proof.checkCall(proof.decisions.decision(call.arch, call.nr), expectation, call);
  }
  keepProven(proof.decisions);
}

/**
 * {@link proveDecisions}; or {@link proveConditions}, which has far less to do, where that exceeds the budget (hundreds
 * of rules about one call).
 *
 * @throws {CompileError} as {@link proveDecisions} does
 */
export function proveProgram(compiledRules: CompiledRules): void {
  try {
    proveDecisions(compiledRules);
  } catch (error) {
    if (!(error instanceof ProgramTooComplexError)) throw error;
    proveConditions(compiledRules);
  }
}

/** The first number of a range that is none of the given ones, which are ascending. */
function firstOutside({ from, to }: NumberRange, numbers: readonly number[]): number | undefined {
  let first = from;
  for (const number of numbers) if (number === first) first++;
  return first <= to ? first : undefined;
}

/** Past the return values, which are terminals of the same store. */
const FIRST_SET = 2 ** 32 + 1;

class Proof {
  readonly decisions: ProgramDecisions;
  readonly store: DiagramStore;
  /** Entries have one object each for the action of all their calls. */
  readonly #terminals = new Map<Action, Node>();

  constructor(
    readonly compiledRules: CompiledRules,
    budget: DiagramBudget,
    order: VariableOrder,
  ) {
    this.decisions = new ProgramDecisions(compiledRules, budget, order);
    this.store = this.decisions.store;
  }

  /** Compare what is decided for an architecture, number by number. */
  checkNumbers(parts: readonly Part[], arch: number): void {
    const expectations = expectedDecisions(this.compiledRules, arch);
    let at = 0;
    for (const part of parts) {
      // both are ascending and cover all numbers
      while ((expectations[at] as Expectation).to < part.from) at++;
      for (let next = at; next < expectations.length; next++) {
        const expectation = expectations[next] as Expectation;
        if (expectation.from > part.to) break;
        if (part.node === this.#onlyAction(expectation)) continue;
        const nr = Math.max(part.from, expectation.from);
        this.checkCall(part.node, expectation, { arch, nr });
      }
    }
  }

  /** The decision where no argument matters, as for nearly all numbers. */
  #onlyAction({ rules, otherwise }: Expectation): Node | undefined {
    const first = rules[0];
    if (first === undefined) return this.#terminal(otherwise);
    // An unconditional rule is the only one.
    return first.conditions.length === 0 ? this.#terminal(first.action) : undefined;
  }

  #terminal(action: Action): Node {
    const known = this.#terminals.get(action);
    if (known !== undefined) return known;
    const made = actionTerminal(this.store, action);
    this.#terminals.set(action, made);
    return made;
  }

  /** Compare what is decided for one number, as a function of the arguments. */
  checkCall(node: Node, expectation: Expectation, call: GivenCall): void {
    const { store } = this;
    const { rules, otherwise, architecture } = expectation;
    const only = this.#onlyAction(expectation);
    if (node === only) return;
    if (only === undefined) this.decisions.remember(call.arch, call.nr, node);
    const bits = architecture?.wordSize ?? 64;
    const fallback = this.#terminal(otherwise);
    const ofAction = new Map<Node, (readonly ArgumentCondition[])[]>();
    for (const { action, conditions } of rules) {
      const terminal = this.#terminal(action);
      const lists = ofAction.get(terminal);
      if (lists) lists.push(conditions);
      else ofAction.set(terminal, [conditions]);
    }
    const byAction = new Map<Node, Node>();
    for (const [terminal, lists] of ofAction) byAction.set(terminal, this.decisions.conditions.any(lists, bits));
    if (node === this.#onlyRight(byAction, fallback)) return;
    const where = rules.map(({ conditions }) => this.decisions.conditions.where(conditions, bits));
    const anywhere = where.reduce((some, each) => store.or(some, each), FALSE);
    for (const terminal of store.terminalsOf(node)) {
      const byRules = byAction.get(terminal) ?? FALSE;
      const right = terminal === fallback ? store.or(byRules, store.not(anywhere)) : byRules;
      const decided = store.map(node, (each) => (each === terminal ? TRUE : FALSE));
      const wrong = store.ite(right, FALSE, decided);
      if (wrong === FALSE) continue;
      const data = findWitness(store, wrong, (each) => each === TRUE, call) as SeccompData;
      const holding = rules.filter((_, index) => terminalAt(store, where[index] as Node, data) === TRUE);
      const actions = holding.length > 0 ? holding.map(({ action }) => action) : [otherwise];
      this.fail(data, actions, architecture, rules);
    }
    const disputed = this.#disputed([...byAction.values()]);
    if (disputed === FALSE) return;
    const there = where.map((each) => store.and(each, disputed));
    this.#checkConsistency(node, there, expectation, call);
  }

  /**
   * The only right function where no rules of different actions hold at once, as in most profiles. `byAction`: where
   * rules of each action hold. `fallback`: the decision where no rule holds.
   */
  #onlyRight(byAction: ReadonlyMap<Node, Node>, fallback: Node): Node | undefined {
    const { store } = this;
    let right = fallback;
    let seen: Node = FALSE;
    for (const [terminal, holds] of byAction) {
      if (store.and(seen, holds) !== FALSE) return undefined;
      seen = store.or(seen, holds);
      right = store.ite(holds, terminal, right);
    }
    return right;
  }

  /** Where rules of different actions hold at once: elsewhere there is one right decision. */
  #disputed(byAction: readonly Node[]): Node {
    const { store } = this;
    let [seen, disputed]: [Node, Node] = [FALSE, FALSE];
    for (const holds of byAction) {
      disputed = store.or(disputed, store.and(seen, holds));
      seen = store.or(seen, holds);
    }
    return disputed;
  }

  /**
   * Where the same rules hold, the same action must be taken, as far as `where` goes. An inconsistent decision shows that
   * conditions were mixed up.
   */
  #checkConsistency(node: Node, where: readonly Node[], expectation: Expectation, call: GivenCall) {
    const { store } = this;
    const { rules, architecture } = expectation;
    const decidedBy = new Map<Node, Node>();
    const held = this.#whichHold(where);
    store.apply(held, node, (which, decision) => {
      if (which === FALSE) return FALSE;
      if (!store.isTerminal(which) || !store.isTerminal(decision)) return undefined;
      const known = decidedBy.get(which) ?? decision;
      decidedBy.set(which, known);
      if (known === decision) return decision;
      const inconsistent = store.and(
        store.map(held, (each) => (each === which ? TRUE : FALSE)),
        store.map(node, (each) => (each === decision ? TRUE : FALSE)),
      );
      const data = findWitness(store, inconsistent, (each) => each === TRUE, call) as SeccompData;
      return this.fail(data, [terminalAction(store, known)], architecture, rules, true);
    });
  }

  /** The function that has a terminal of its own for every set of rules that hold together, and is FALSE where none does. */
  #whichHold(where: readonly Node[]): Node {
    const { store } = this;
    const sets = new Map<string, Node>();
    return where.reduce((which, holds, index) => {
      const withRule = (set: Node) => {
        const key = `${set} ${index}`;
        const made = sets.get(key) ?? store.terminal(FIRST_SET + sets.size);
        sets.set(key, made);
        return made;
      };
      return store.ite(holds, store.map(which, withRule), which);
    }, FALSE);
  }

  fail(
    data: SeccompData,
    right: readonly Action[],
    architecture: Architecture | undefined,
    rules: readonly ExpectedRule[] = [],
    isInconsistent = false,
  ): never {
    const { program, architectures, source } = this.compiledRules;
    const { returnValue } = simulate(program, data, { endianness: (architectures[0] as Architecture).endianness });
    const operations = rules.map(({ operation }) => operation);
    throw miscompiled({
      architecture,
      data,
      got: kernelAction(returnValue),
      right,
      isInconsistent,
      rules: operations,
      source,
    });
  }
}
