import type { ArchitectureName } from '../../architecture.js';
import type { Node } from '../../bpf/decisions/diagram-store.js';
import { createDecider, type Decision } from '../../bpf/decisions/policy-table.js';
import type { Libseccomp } from '../../libseccomp/index.js';
import { type AskedMachine, callsOn, decisionAt } from './asked-machine.js';
import type { DifferentCall } from './difference.js';

/** Calls of an architecture that all inputs decide alike. */
export interface ComposedCalls {
  /** The machine that the filter is for. */
  machine: ArchitectureName;
  architecture: ArchitectureName;
  names: readonly string[];
  /** What each input does, in their order. Several decisions have conditions each. */
  inputs: readonly (readonly Decision[])[];
  /** What was asked for. Where a profile cannot say it, {@link ComposeReport.lost} has what it does. */
  result: readonly Decision[];
}

/**
 * Calls that the profile decides otherwise than was asked for. Of an architecture that it had to leave out, those that were
 * to run there.
 */
export interface LostCalls {
  machine: ArchitectureName;
  architecture: ArchitectureName;
  names: readonly string[];
  asked: readonly Decision[];
  made: readonly Decision[];
}

export interface ComposeReport {
  /** What the inputs are called, in their order. */
  inputs: readonly string[];
  calls: readonly ComposedCalls[];
  /** With the option `stricter`; else it is empty. */
  lost: readonly LostCalls[];
}

/** The calls of a machine that its profile decides otherwise. */
export interface MachineLoss {
  readonly asked: AskedMachine;
  readonly calls: readonly DifferentCall[];
}

export function composeReport(
  machines: readonly AskedMachine[],
  { libseccomp, labels, lost }: { libseccomp: Libseccomp; labels: readonly string[]; lost: readonly MachineLoss[] },
): ComposeReport {
  return {
    inputs: labels,
    calls: machines.flatMap((asked) => composedCalls(asked, libseccomp)),
    lost: lost.flatMap(lostCalls),
  };
}

function composedCalls({ machine, store, root, inputs, abis }: AskedMachine, libseccomp: Libseccomp): ComposedCalls[] {
  const decide = createDecider(store);
  return abis.flatMap((architecture) => {
    const groups = new Map<string, { names: string[]; nodes: readonly Node[] }>();
    for (const { name, number } of callsOn(libseccomp, architecture)) {
      const nodes = [root, ...inputs].map((each) => decisionAt(store, each, architecture, number));
      const group = groups.get(nodes.join()) ?? { names: [], nodes };
      groups.set(nodes.join(), group);
      group.names.push(name);
    }
    return [...groups.values()].map(({ names, nodes: [result, ...own] }) => ({
      machine: machine.name,
      architecture: architecture.name,
      names: names.sort(),
      inputs: own.map(decide),
      result: decide(result!),
    }));
  });
}

function lostCalls({ asked: { machine, store }, calls }: MachineLoss): LostCalls[] {
  const decide = createDecider(store);
  const groups = new Map<string, { names: string[]; call: DifferentCall }>();
  for (const call of calls) {
    const key = `${call.architecture.name} ${call.asked} ${call.made}`;
    const group = groups.get(key) ?? { names: [], call };
    groups.set(key, group);
    group.names.push(call.name);
  }
  return [...groups.values()].map(({ names, call: { architecture, asked, made } }) => ({
    machine: machine.name,
    architecture: architecture.name,
    names: names.sort(),
    asked: decide(asked),
    made: decide(made),
  }));
}
