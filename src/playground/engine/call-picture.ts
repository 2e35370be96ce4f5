import { encodeAction } from '../../action.js';
import { parseArchitecture } from '../../architecture.js';
import { createDiagramBuilder } from '../../bpf/decisions/decision-diagram.js';
import { ProgramTooComplexError } from '../../bpf/decisions/diagram-store.js';
import { createDecider } from '../../bpf/decisions/policy-table.js';
import type { CompiledFilter } from '../../compiler/compile-policy.js';
import { describeConditions } from '../../explain/condition-names.js';
import { syscallSignature } from '../../syscalls/signature.js';
import { actionLabel } from './policy-map.js';
import type { CallPicture } from './protocol.js';

/** More than this is no small picture. */
const MAX_WAYS = 12;

/** The decision about a call, for all arguments: exact. Undefined where it takes too many words. */
export function callPicture(
  { program, arches }: CompiledFilter,
  { name, architecture: architectureName, number: nr }: { name: string; architecture: string; number: number },
): CallPicture | undefined {
  const architecture = parseArchitecture(architectureName);
  // The bits that the kernel does not read of an int go without saying.
  const narrow = (syscallSignature(name, architecture.name) ?? []).filter(({ bits }) => bits === 32);
  const wordsOf = (text: string) =>
    narrow.reduce((words, { name: argument }) => words.replace(`(${argument} & 0xffffffff)`, argument), text);
  const { endianness } = parseArchitecture(arches[0] as string);
  try {
    const { store, build } = createDiagramBuilder(program, { endianness });
    const decisions = createDecider(store)(build({ arch: architecture.auditArch, nr }));
    const last = decisions.at(-1);
    if (!last) return undefined;
    const label = (action: (typeof last)['action']) => actionLabel(encodeAction(action), architecture.name);
    // The one with the longest condition is the rest, as in `scmp explain`.
    const ways = decisions.slice(0, -1).flatMap(({ action, when }) =>
      (when ?? []).map((term) => ({
        conditions: term.map((condition) => wordsOf(describeConditions([[condition]], name, architecture))),
        action: label(action),
      })),
    );
    if (decisions.slice(0, -1).some(({ when }) => when === undefined)) return undefined;
    return { ways: ways.slice(0, MAX_WAYS), more: Math.max(0, ways.length - MAX_WAYS), otherwise: label(last.action) };
  } catch (error) {
    if (error instanceof ProgramTooComplexError) return undefined;
    throw error;
  }
}
