import { type ActionName, isStricter, mayRun } from '../../action.js';
import { nearestName } from '../../nearest-name.js';
import type { Warning } from '../../policy.js';
import { printable, quote } from '../../text.js';
import type { ProfileIssue } from '../document/profile-error.js';
import type { Locate, ParsedProfile, Place } from '../model/parsed-profile.js';
import type { DockerSyscall } from '../model/schema.js';
import type { MergedEntry } from './merged-entry.js';
import { complement, conjunction, type EntryConditions, isUnconditional } from './narrow-entry.js';
import { type OperatorVersion, type UnitedCall, uniteByName } from './operator-union.js';

export interface MergeInput {
  own: ParsedProfile;
  base: ParsedProfile;
  baseLocate: Locate;
  /** That of the result. */
  defaultAction: ActionName;
  /** Unite the entries of both as that Security Profiles Operator does (baseProfileName); undefined: extend. */
  union: OperatorVersion | undefined;
  findings: { issues: ProfileIssue[]; warnings: Warning[] };
}

/** How many entries may come from one whose call the other profile decides under conditions. */
const MAX_ALTERNATIVES = 100;

interface OwnEntry {
  entry: DockerSyscall;
  place: Place;
}

/**
 * The base's entries, without what the profile removes or decides itself, and then its own. docs/extends.md explains it
 * to users. Where the conditions of the profile's own entry hold, it decides a call instead of the base. Elsewhere the
 * base's entry decides, so that is narrowed to where the own entry does not apply.
 */
export function mergeEntries(input: MergeInput): MergedEntry[] {
  const { own, base, baseLocate, union, findings } = input;
  const ownEntries = entriesOf(own, own.locate);
  const baseEntries = entriesOf(base, baseLocate);
  const decided = new Map<string, OwnEntry[]>();
  (own.seccomp.syscalls ?? []).forEach((entry, index) => {
    const place = own.locate('syscalls', index);
    for (const name of namesOf(entry)) decided.set(name, [...(decided.get(name) ?? []), { entry, place }]);
  });
  if (union === '1.0.0') {
    refuseConflicts(input, decided);
    return [...baseEntries, ...ownEntries];
  }
  if (union !== undefined) {
    const { entries, united } = uniteByName([...baseEntries, ...ownEntries]);
    for (const call of united) findings.warnings.push(...unionWarnings(call));
    return entries;
  }
  const removed = checkRemoved(input);
  checkOverrides(input, decided);
  return [...baseEntries.flatMap((merged) => withoutDecided(merged, removed, decided, input)), ...ownEntries];
}

function entriesOf({ seccomp }: ParsedProfile, locate: Locate): MergedEntry[] {
  return (seccomp.syscalls ?? []).map((entry, index) => ({
    entry,
    locate: (...path) => locate('syscalls', index, ...path),
  }));
}

function namesOf({ name, names }: DockerSyscall): readonly string[] {
  return name ? [name] : (names ?? []);
}

/** The names in `remove`. Each must remove something, and nothing that denies. */
function checkRemoved({ own, base, baseLocate, defaultAction, findings }: MergeInput): ReadonlySet<string> {
  const removed = own.seccomp.remove ?? [];
  const entries = base.seccomp.syscalls ?? [];
  removed.forEach((name, index) => {
    const place = own.locate('remove', index);
    const naming = entries.flatMap((entry, at) => (namesOf(entry).includes(name) ? [{ entry, at }] : []));
    if (naming.length === 0) {
      const nearest = nearestName(name, new Set(entries.flatMap(namesOf)));
      const message = `there is nothing about ${quote(name)} to take out of ${base.source ?? 'the base'}`;
      const hint = nearest === undefined ? undefined : `did you mean ${nearest}?`;
      findings.issues.push({ code: 'remove-nothing', message, hint, ...place });
    }
    const strict = naming.find(({ entry }) => isStricter(entry.action, defaultAction));
    if (strict) {
      const { path, source } = baseLocate('syscalls', strict.at);
      const message = `${name} is ${strict.entry.action} in ${source ?? 'the base'} (${path}), and without that it would be left to the default, ${defaultAction}`;
      const hint = 'to open it, write an entry that says so';
      findings.issues.push({ code: 'remove-weakens', message, hint, ...place });
    }
  });
  return new Set(removed);
}

/**
 * Own entries with `args` leave a call's other arguments to the default. What the base forbids beyond that default
 * stays forbidden (see {@link withoutDecided}). Where the base forbids the whole call, the two contradict each other,
 * which is an error.
 */
function checkOverrides(input: MergeInput, decided: ReadonlyMap<string, readonly OwnEntry[]>): void {
  const { base, baseLocate, defaultAction, findings } = input;
  for (const [name, own] of decided) {
    const partial = own.filter(({ entry }) => !decidesAll(entry, own));
    const [first] = partial;
    if (!first) continue;
    (base.seccomp.syscalls ?? []).forEach((entry, index) => {
      if (!namesOf(entry).includes(name) || entry.args?.length) return;
      const { path, source } = baseLocate('syscalls', index);
      const where = `${source ?? 'the base'} (${path})`;
      if (isStricter(entry.action, defaultAction)) {
        const message = `${name} is ${entry.action} in ${where} whatever its arguments, and this entry is about some of them: the rest would be left to the default, ${defaultAction}`;
        const hint = 'write an entry without "args", or take this one out';
        findings.issues.push({ code: 'override-weakens', message, hint, ...first.place });
      } else if (mayRun(entry.action) && !mayRun(defaultAction) && !own.some((each) => mayRun(each.entry.action))) {
        const message = `${name}: this entry stands in the place of ${where}, so all other calls of it are left to the default, ${defaultAction}`;
        findings.warnings.push({ code: 'override-denies', message, ...first.place });
      }
    });
  }
}

/** Whether own entries decide every call of an entry, under its conditions. */
function decidesAll(entry: DockerSyscall, own: readonly OwnEntry[]): boolean {
  const same = JSON.stringify([entry.includes ?? {}, entry.excludes ?? {}]);
  return own.some(
    ({ entry: other }) =>
      !other.args?.length &&
      (isUnconditional(other) || JSON.stringify([other.includes ?? {}, other.excludes ?? {}]) === same),
  );
}

/** The rest of a base's entry: names that no own entry has, and others where the own entries do not apply. */
function withoutDecided(
  { entry, locate }: MergedEntry,
  removed: ReadonlySet<string>,
  decided: ReadonlyMap<string, readonly OwnEntry[]>,
  { defaultAction, findings }: MergeInput,
): MergedEntry[] {
  const groups = new Map<string, { names: number[]; conditions: readonly EntryConditions[] }>();
  namesOf(entry).forEach((name, index) => {
    if (removed.has(name)) return;
    const isKept = !!entry.args?.length && isStricter(entry.action, defaultAction);
    const taken = (decided.get(name) ?? []).filter((own, _, all) => !isKept || decidesAll(own.entry, all));
    const conditions = taken.map(({ entry: { includes, excludes } }) => ({ includes, excludes }));
    const key = JSON.stringify(conditions);
    const group = groups.get(key) ?? { names: [], conditions };
    group.names.push(index);
    groups.set(key, group);
  });
  return [...groups.values()].flatMap(({ names, conditions }) => {
    const alternatives = outside(entry, conditions);
    if (alternatives.length > MAX_ALTERNATIVES) {
      const message = `too many entries under different conditions decide ${namesOf(entry)[names[0]!]}`;
      findings.issues.push({ code: 'too-many-conditions', message, ...locate() });
      return [];
    }
    return alternatives.map((narrowed) => narrow({ entry, locate }, names, narrowed));
  });
}

/** An entry's conditions, narrowed to where none of the others hold. */
function outside(entry: DockerSyscall, others: readonly EntryConditions[]): EntryConditions[] {
  let alternatives: EntryConditions[] = [{ includes: entry.includes, excludes: entry.excludes }];
  for (const other of others) {
    if (alternatives.length > MAX_ALTERNATIVES) break;
    alternatives = alternatives.flatMap((kept) =>
      complement(other).flatMap((without) => conjunction(kept, without) ?? []),
    );
  }
  return alternatives;
}

/** An entry with some of its names, by index, and other conditions. */
function narrow({ entry, locate }: MergedEntry, names: readonly number[], conditions: EntryConditions): MergedEntry {
  const all = namesOf(entry);
  const { name: _name, names: _names, includes: _includes, excludes: _excludes, ...rest } = entry;
  const { includes, excludes } = conditions;
  return {
    entry: {
      names: names.map((index) => all[index]!),
      ...rest,
      ...(includes ? { includes } : {}),
      ...(excludes ? { excludes } : {}),
    },
    locate: (...path) => {
      const [key, index, ...deeper] = path;
      if (key !== 'names' || typeof index !== 'number') return locate(...path);
      return entry.name ? locate('name') : locate('names', names[index] ?? index, ...deeper);
    },
  };
}

/** Warnings for what the operator's main branch does to a call silently, at the last entry that names it. */
function unionWarnings({ name, of, hasOtherAction, hasJoinedArgs }: UnitedCall): Warning[] {
  const shown = printable(name, 80);
  const place = (of.at(-1) as MergedEntry).locate();
  const where = of
    .slice(0, -1)
    .map(({ locate }) => {
      const { path, source } = locate();
      return source ? `${source} (${path})` : path;
    })
    .join(', ');
  const actions = of.map(({ entry }) => entry.action).reduce((a, b) => (isStricter(a, b) ? b : a));
  return [
    ...(hasOtherAction
      ? [
          {
            code: 'union-less-restrictive',
            message: `${shown}: ${where} has another action; the operator takes the less restrictive one, ${actions}`,
            ...place,
          },
        ]
      : []),
    ...(hasJoinedArgs
      ? [
          {
            code: 'union-joined-args',
            message: `${shown}: the operator puts the conditions of this entry and of ${where} into one, so all of them must hold`,
            ...place,
          },
        ]
      : []),
  ];
}

/** Both profiles' entries are kept. With two actions for one call, the runtime would choose between them. */
function refuseConflicts(
  { base, baseLocate, findings }: MergeInput,
  decided: ReadonlyMap<string, readonly OwnEntry[]>,
): void {
  (base.seccomp.syscalls ?? []).forEach((entry, index) => {
    for (const name of namesOf(entry)) {
      const other = decided.get(name)?.find((own) => own.entry.action !== entry.action);
      if (!other) continue;
      const { path, source } = baseLocate('syscalls', index);
      const message = `${name} is ${entry.action} in ${source ?? 'the base'} (${path}) and ${other.entry.action} here: a union has no order`;
      findings.issues.push({ code: 'union-conflict', message, hint: 'take it out of one of them', ...other.place });
    }
  });
}
