import type { ProgramInput } from '../program/codec.js';
import {
  type ArchitectureParts,
  type DecisionDiagram,
  type DecisionDiagramOptions,
  execute,
  joined,
  partsByRange,
  prepareWithStore,
} from './decision-diagram.js';
import type { DiagramStore, Node } from './diagram-store.js';

/** In steps, of the nodes that a store may have, of which a step makes one at most: ten times what a real call takes. */
const SHARE_OF_SIMPLE_CALL = 1 / 64;
/** For all calls that take more. */
const SHARE_OF_OTHER_CALLS = 1 / 2;

/**
 * As `buildDecisionDiagram`, of the calls that can be decided. Those that are too complex come to terminals that
 * {@link isUndecided} knows: the same one only where they go on with the same instruction, so that they are alike.
 *
 * @throws {ProgramTooComplexError} when the program does more with architecture and number than to compare them, and is
 * too complex; or when too many calls are
 */
export function buildDiagramOfDecidable(program: ProgramInput, options: DecisionDiagramOptions = {}): DecisionDiagram {
  const prepared = prepareWithStore(program, options);
  const { store } = prepared;
  const { steps = Number.POSITIVE_INFINITY } = options;
  const decided = new Map<number, Node>();
  /** The calls are decided in turn, so the simple ones first: what they need is there then, whatever the others take. */
  const within = (stepsOf: () => number, spent: (steps: number) => void) => {
    const undecided = new Set<number>();
    const parts = partsByRange(prepared, (next, work) => {
      if (!decided.has(next) && !undecided.has(next)) {
        const { result, taken } = store.attempt(stepsOf(), work);
        spent(taken);
        if (result === undefined) undecided.add(next);
        else decided.set(next, result);
      }
      return decided.get(next) ?? store.terminal(FIRST_UNDECIDED - next);
    });
    return { parts, undecided };
  };
  const simple = within(
    () => Math.min(steps, store.maxNodes * SHARE_OF_SIMPLE_CALL),
    () => {},
  );
  if (simple.parts === undefined) return { store, root: execute(prepared) };
  let left = Math.min(steps, store.maxNodes * SHARE_OF_OTHER_CALLS);
  const all =
    simple.undecided.size === 0
      ? simple
      : within(
          () => left,
          (steps) => {
            left -= steps;
          },
        );
  return joined(prepared, all.parts as ArchitectureParts[]);
}

/** The value of a terminal for calls that are too complex; below it those of later instructions. No action has one. */
const FIRST_UNDECIDED = -1;

/** Whether calls that come to a node are too complex to decide: see {@link buildDiagramOfDecidable}. */
export function isUndecided(store: DiagramStore, node: Node): boolean {
  return (store.valueOf(node) ?? 0) < 0;
}
