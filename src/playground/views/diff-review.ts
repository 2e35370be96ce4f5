import type { Difference } from '../engine/protocol.js';

/** Differences that are alike on several architectures. */
export interface ReviewedDifference extends Omit<Difference, 'architecture'> {
  architectures: readonly string[];
}

export const CHANGE_ORDER = ['weaker', 'other', 'stronger'] as const satisfies readonly Difference['change'][];

/** As a reviewer reads them: what became weaker first, and once what is alike on several architectures. */
export function reviewed(differences: readonly Difference[]): readonly ReviewedDifference[] {
  const merged = new Map<string, ReviewedDifference & { architectures: string[] }>();
  for (const { architecture, ...difference } of differences) {
    const { calls, condition, from, to, change } = difference;
    const key = JSON.stringify([change, from.text, to.text, condition, calls]);
    const same = merged.get(key);
    if (same) same.architectures.push(architecture);
    else merged.set(key, { ...difference, architectures: [architecture] });
  }
  const all = [...merged.values()];
  return CHANGE_ORDER.flatMap((change) => all.filter((each) => each.change === change));
}

/** How many calls changed so, each counted once however many architectures it changed on. */
export function countOf(differences: readonly ReviewedDifference[], change: Difference['change']): number {
  return new Set(differences.filter((each) => each.change === change).flatMap(({ calls }) => calls)).size;
}
