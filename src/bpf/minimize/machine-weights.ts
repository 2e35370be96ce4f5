import { ARCHITECTURES } from '../../architecture.js';
import type { NumberRange } from '../decisions/partition.js';
import { NumberWeights } from './number-weights.js';
import { type CallWeights, callWeights } from './weights.js';

/** The weights of the calls that the decisions distinguish by architecture, scaled to a sum of 1. */
export class MachineWeights {
  /** AUDIT_ARCH_… */
  readonly native: number;
  readonly #known = new Map<number, NumberWeights>();
  readonly #none = NumberWeights.none();

  constructor(weights: CallWeights) {
    const { architectures } = weights;
    this.native = architectures[0]!;
    const totals = architectures.map((auditArch) => NumberWeights.of(weights, auditArch, 1).total);
    const total = totals.reduce((sum, each) => sum + each, 0) || 1;
    for (const auditArch of architectures) this.#known.set(auditArch, NumberWeights.of(weights, auditArch, 1 / total));
  }

  /**
   * The weights for values of `seccomp_data.arch`: one architecture's, or the native one's where it is among several.
   */
  ofRange({ from, to }: NumberRange): NumberWeights {
    const auditArch = from <= this.native && this.native <= to ? this.native : from;
    const isOne = from === to || auditArch === this.native;
    return (isOne ? this.#known.get(auditArch) : undefined) ?? this.#none;
  }

  get all(): readonly NumberWeights[] {
    return [...this.#known.values()];
  }
}

/**
 * The weights of the architectures that decisions ask about: those given, else the built-in ones. The first
 * architecture is the native one. It is the one given, else the first of the weights. Else it is the widest of those
 * asked about, in the order of the table.
 */
export function weightsFor(
  asked: readonly NumberRange[],
  given: CallWeights | undefined,
  native: number | undefined,
): CallWeights {
  if (given && given.architectures.length > 0) {
    const first = native ?? given.architectures[0]!;
    const architectures = [first, ...given.architectures.filter((auditArch) => auditArch !== first)];
    return { architectures, of: (arch, nr) => given.of(arch, nr), numbers: (arch) => given.numbers(arch) };
  }
  return callWeights(architecturesAsked(asked, native));
}

/** The architectures (AUDIT_ARCH values) that decisions ask about, the native one first: the one given, else as {@link weightsFor} says. */
export function architecturesAsked(asked: readonly NumberRange[], native: number | undefined): readonly number[] {
  const single = new Set(asked.filter(({ from, to }) => from === to).map(({ from }) => from));
  const known = ARCHITECTURES.filter(({ auditArch }) => single.has(auditArch));
  const byWidth = [...(known.length > 0 ? known : ARCHITECTURES)].sort((a, b) => b.wordSize - a.wordSize);
  const first = native ?? byWidth[0]!.auditArch;
  return [...new Set([first, ...known.map(({ auditArch }) => auditArch)])];
}
