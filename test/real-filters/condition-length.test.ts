import { describe, expect, it } from 'vitest';
import { isSameAction } from '../../src/action.js';
import { parseArchitecture } from '../../src/architecture.js';
import { type DecisionDiagram, decide } from '../../src/bpf/decisions/decision-diagram.js';
import { type Formula, factorConditions } from '../../src/bpf/decisions/factor-conditions.js';
import {
  buildDecisionDiagram,
  type DnfTerm,
  type DnfTerms,
  policyTable,
  type SeccompData,
} from '../../src/bpf/index.js';
import { describeConditions } from '../../src/explain/condition-names.js';
import { listSyscalls, loadLibseccompSync } from '../../src/libseccomp/index.js';
import type { Action } from '../../src/policy.js';
import { PROGRAMS } from './filters.js';

// No condition of a filter that is in use is long but where its decisions need it. That they do is shown by a fooling set
// (Kushilevitz and Nisan, "Communication Complexity", 1.3): calls of which no two can be in one alternative. An alternative
// says something of each argument. So if it held for two calls, it held for one with arguments of both as well.

const MOST_CHARACTERS = 200;
/** What an alternative takes, and what a single value in a list does: a pointer has 14 digits. */
const OF_ALTERNATIVE = 90;
const OF_VALUE = 17;

const libseccomp = loadLibseccompSync();
type Args = SeccompData['args'];

interface Long {
  call: string;
  arch: number;
  nr: number;
  action: Action;
  when: DnfTerms;
  text: string;
}

/** What is printed of the calls that have a name: the last decision is "else". */
function longConditions(bytes: Uint8Array): Long[] {
  return policyTable(bytes).architectures.flatMap(({ architecture, ranges }) => {
    const { auditArch } = parseArchitecture(architecture.name);
    return listSyscalls(libseccomp, architecture).flatMap(({ name, number }) => {
      const { decisions } = ranges.find(({ from, to }) => from <= number && number <= to)!;
      return decisions.slice(0, -1).flatMap(({ action, when }): Long[] => {
        const text = when ? describeConditions(when, name, architecture) : 'too many'.repeat(MOST_CHARACTERS);
        if (text.length <= MOST_CHARACTERS) return [];
        return [{ call: name, arch: auditArch, nr: number, action, when: when ?? [], text }];
      });
    });
  });
}

function alternatives(formula: Formula): number {
  if (formula.kind === 'any') return formula.of.reduce((sum, each) => sum + alternatives(each), 0);
  return formula.kind === 'all' ? formula.of.reduce((all, each) => all * alternatives(each), 1) : 1;
}

/** A call for which a term holds, with the least values. */
function callOf(term: DnfTerm, others: bigint): Args {
  const args: bigint[] = [others, others, others, others, others, others];
  for (let field = 0; field < 6; field++) {
    const own = term.filter((condition) => condition.field === field);
    if (own.length > 0) args[field] = 0n;
    for (const condition of own) {
      if (condition.kind === 'equal') args[field] = (args[field]! & ~condition.mask) | condition.value;
      if (condition.kind === 'between') args[field] = (args[field]! & ~condition.mask) | condition.from;
    }
  }
  return args as unknown as Args;
}

class Holds {
  readonly #diagram: DecisionDiagram;
  constructor(
    bytes: Uint8Array,
    readonly long: Long,
  ) {
    this.#diagram = buildDecisionDiagram(bytes);
  }
  for(args: Args): boolean {
    const { arch, nr, action } = this.long;
    return isSameAction(decide(this.#diagram, { arch, nr, args, instructionPointer: 0n }), action);
  }
}

/** Calls of which each two have a mixture for which the condition does not hold. */
function foolingSet(holds: Holds, calls: readonly Args[]): Args[] {
  const chosen: Args[] = [];
  const areTogether = (one: Args, other: Args) => {
    for (let mixture = 0; mixture < 64; mixture++) {
      const args = one.map((value, index) => ((mixture >> index) & 1 ? value : other[index]!)) as unknown as Args;
      if (!holds.for(args)) return false;
    }
    return true;
  };
  for (const call of calls) if (holds.for(call) && !chosen.some((each) => areTogether(each, call))) chosen.push(call);
  return chosen;
}

/** Single values: without them, and for their neighbours, it does not hold. */
function singleValues(holds: Holds, calls: readonly Args[]): number {
  const found = new Set<string>();
  for (const call of calls) {
    for (const [index, value] of call.entries()) {
      const beside = [value - 1n, value + 1n].map(
        (each) => call.map((old, at) => (at === index ? BigInt.asUintN(64, each) : old)) as unknown as Args,
      );
      if (holds.for(call) && !beside.some((each) => holds.for(each))) found.add(`${index} ${value}`);
    }
  }
  return found.size;
}

const found = PROGRAMS.flatMap(({ file, bytes }) => longConditions(bytes).map((long) => ({ file, bytes, ...long })));

describe('long conditions of filters that are in use', () => {
  it('are few', () => {
    expect(found.map(({ file, call }) => `${file} ${call}`)).toEqual([
      'tor.0.bpf socket',
      'tor.0.bpf rename',
      'tor.0.bpf openat',
    ]);
  });

  it.each(found)(
    '$file: $call has no alternative and no value that its decisions do not need',
    ({ bytes, ...long }) => {
      const holds = new Holds(bytes, long);
      const calls = long.when.flatMap((term) => [callOf(term, 0n), callOf(term, 1n), callOf(term, 17n)]);
      // Which are chosen depends on the order.
      const needed = Math.max(...[calls, [...calls].reverse()].map((each) => foolingSet(holds, each).length));
      expect(alternatives(factorConditions(long.when))).toBeLessThanOrEqual(needed);
      expect(long.text.length).toBeLessThanOrEqual(needed * OF_ALTERNATIVE + singleValues(holds, calls) * OF_VALUE);
    },
  );
});
