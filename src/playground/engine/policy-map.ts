import { formatAction, kernelAction } from '../../action.js';
import { type Architecture, type ArchitectureName, parseArchitecture, X32_SYSCALL_BIT } from '../../architecture.js';
import { createCallExplorer } from '../../bpf/execution/call-outcomes.js';
import type { CompiledFilter } from '../../compiler/index.js';
import { type Libseccomp, listSyscalls } from '../../libseccomp/index.js';
import type { ActionLabel, ArchitectureMap, CallDecision, MapCall } from './protocol.js';

/** An AUDIT_ARCH that no machine has. */
const NO_ARCHITECTURE = 0xffff_ffff;

export const ANY_OTHER = 'Any other architecture';

/** A number in no table, above all calls of the architecture. */
const UNUSED_NUMBER = 0x0fff;

export function actionLabel(returnValue: number, architecture: ArchitectureName | undefined): ActionLabel {
  const action = kernelAction(returnValue);
  return { kind: action.kind, text: formatAction(action, architecture) };
}

/** The names and numbers of an architecture, which never change. */
const tables = new Map<ArchitectureName, readonly { name: string; number: number }[]>();

export function listedSyscalls(libseccomp: Libseccomp, architecture: Architecture) {
  const known = tables.get(architecture.name);
  if (known) return known;
  const table = listSyscalls(libseccomp, architecture);
  tables.set(architecture.name, table);
  return table;
}

/** What the program does with every call of its architectures, whatever the profile says. */
export function mapCalls(compiled: CompiledFilter, libseccomp: Libseccomp) {
  const explore = createCallExplorer(compiled);
  const architectures = compiled.arches.map((name): ArchitectureMap => {
    const architecture = parseArchitecture(name);
    const labelsOf = sharedLabels(name);
    const decisionOf = (number: number): CallDecision => {
      const { returnValues, minSteps, maxSteps } = explore(architecture.auditArch, number);
      return { actions: labelsOf(returnValues), minSteps, maxSteps };
    };
    const base = name === 'x32' ? X32_SYSCALL_BIT : 0;
    return {
      architecture: name,
      calls: listedSyscalls(libseccomp, architecture).map(({ name: call, number }): MapCall => {
        const { actions, minSteps, maxSteps } = decisionOf(number);
        return { name: call, number, actions, minSteps, maxSteps };
      }),
      otherNumbers: decisionOf(base + UNUSED_NUMBER),
    };
  });
  const [target] = compiled.arches;
  const { returnValues } = explore(NO_ARCHITECTURE, 0);
  const actions = returnValues.map((value) => actionLabel(value, target));
  return { architectures, otherArchitectures: [{ name: ANY_OTHER, actions }] };
}

/** Return values as labels. A thousand calls share a handful, which are then sent to the page once each. */
function sharedLabels(architecture: ArchitectureName): (returnValues: readonly number[]) => readonly ActionLabel[] {
  const known = new Map<string, readonly ActionLabel[]>();
  return (returnValues) => {
    const key = returnValues.join();
    const there = known.get(key);
    if (there) return there;
    const labels = returnValues.map((value) => actionLabel(value, architecture));
    const distinct = [...new Map(labels.map((label) => [label.text, label])).values()];
    known.set(key, distinct);
    return distinct;
  };
}

/** The cost of allowed calls: the median of each call's cheapest path; and the most expensive of all calls. */
export function costOf(maps: readonly ArchitectureMap[]): { typicalSteps: number | undefined; maxSteps: number } {
  // Only the target's own calls: those of the other architectures are rarely made.
  const [own] = maps;
  const allowed = (own?.calls ?? [])
    .filter(({ actions }) => actions.some(({ kind }) => kind === 'ALLOW'))
    .map(({ minSteps }) => minSteps)
    .sort((x, y) => x - y);
  const maxSteps = maps.reduce(
    (most, { calls }) => calls.reduce((highest, call) => Math.max(highest, call.maxSteps), most),
    0,
  );
  return { typicalSteps: allowed[allowed.length >> 1], maxSteps };
}
