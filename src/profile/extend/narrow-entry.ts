import { isAtLeast, parseMinKernel } from '../../kernel-version.js';
import { dockerArchitecture } from '../model/conditional-entry.js';
import type { DockerCondition, DockerSyscall } from '../model/schema.js';

/** The conditions of an entry: what must hold for it to apply. */
export type EntryConditions = Pick<DockerSyscall, 'includes' | 'excludes'>;

/** Whether an entry applies everywhere. */
export function isUnconditional({ includes, excludes }: EntryConditions): boolean {
  return [includes, excludes].every((each) => !each?.arches?.length && !each?.caps?.length && !each?.minKernel);
}

/**
 * The opposite of some conditions, as alternatives of which at most one holds anywhere. The opposite of "includes A and
 * B" is: without A; or with A, without B.
 */
export function complement(conditions: EntryConditions): EntryConditions[] {
  const alternatives: EntryConditions[] = [];
  let soFar: EntryConditions | undefined = {};
  for (const { holds, fails } of literals(conditions)) {
    if (!soFar) break;
    const alternative = conjunction(soFar, fails);
    if (alternative) alternatives.push(alternative);
    soFar = conjunction(soFar, holds);
  }
  return alternatives;
}

/** Each single condition and its opposite, in `includes` and `excludes`. */
function literals({ includes, excludes }: EntryConditions): { holds: EntryConditions; fails: EntryConditions }[] {
  const split = ({ arches, caps, minKernel }: DockerCondition): DockerCondition[] => [
    ...(arches?.length ? [{ arches }] : []),
    ...(caps ?? []).map((capability) => ({ caps: [capability] })),
    ...(minKernel ? [{ minKernel }] : []),
  ];
  return [
    ...split(includes ?? {}).map((each) => ({ holds: { includes: each }, fails: { excludes: each } })),
    ...split(excludes ?? {}).map((each) => ({ holds: { excludes: each }, fails: { includes: each } })),
  ];
}

/** Both conditions at once; undefined where they cannot hold together. */
export function conjunction(a: EntryConditions, b: EntryConditions): EntryConditions | undefined {
  const includes: DockerCondition = {
    ...listed('arches', commonArchitectures(a.includes?.arches, b.includes?.arches)),
    ...listed('caps', union(a.includes?.caps, b.includes?.caps)),
    ...kernel(newer(a.includes?.minKernel, b.includes?.minKernel, true)),
  };
  const excludes: DockerCondition = {
    ...listed('arches', union(a.excludes?.arches, b.excludes?.arches)),
    ...listed('caps', union(a.excludes?.caps, b.excludes?.caps)),
    ...kernel(newer(a.excludes?.minKernel, b.excludes?.minKernel, false)),
  };
  const bothArches = a.includes?.arches?.length && b.includes?.arches?.length;
  const ruledOut = new Set(excludes.arches?.map(dockerArchitecture));
  if (bothArches && !includes.arches) return undefined;
  if (includes.arches?.every((name) => ruledOut.has(dockerArchitecture(name)))) return undefined;
  if (includes.caps?.some((capability) => excludes.caps?.includes(capability))) return undefined;
  if (includes.minKernel && excludes.minKernel && reaches(includes.minKernel, excludes.minKernel)) return undefined;
  return {
    ...(Object.keys(includes).length > 0 ? { includes } : {}),
    ...(Object.keys(excludes).length > 0 ? { excludes } : {}),
  };
}

type Names = readonly string[] | null | undefined;

function commonArchitectures(a: Names, b: Names): string[] {
  if (!a?.length || !b?.length) return union(a, b);
  const names = new Set(b.map(dockerArchitecture));
  return a.filter((name) => names.has(dockerArchitecture(name)));
}

function union(a: Names, b: Names): string[] {
  return [...new Set([...(a ?? []), ...(b ?? [])])];
}

function listed<K extends 'arches' | 'caps'>(key: K, names: string[]): DockerCondition {
  return names.length > 0 ? { [key]: names } : {};
}

function kernel(minKernel: string | undefined): DockerCondition {
  return minKernel ? { minKernel } : {};
}

/** The newer of two kernel versions, or the older; with one version, that. */
function newer(a: string | null | undefined, b: string | null | undefined, wanted: boolean): string | undefined {
  if (!a || !b) return a || b || undefined;
  return reaches(a, b) === wanted ? a : b;
}

function reaches(version: string, least: string): boolean {
  const [a, b] = [parseMinKernel(version), parseMinKernel(least)];
  return a !== undefined && b !== undefined && isAtLeast(a, b);
}
