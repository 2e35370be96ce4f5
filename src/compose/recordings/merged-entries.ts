import type { ArchitectureName } from '../../architecture.js';
import { errnoNumber } from '../../errno.js';
import { groupCalls } from '../../learn/call-groups.js';
import { essentialEntries, fallbackEntries } from '../../learn/learn-profile.js';
import { CLONE3_WARNING, clone3Entry, type LearnedEntry } from '../../learn/learned-rules.js';
import { count } from '../../phrases.js';
import type { Warning } from '../../policy.js';
import { argumentsOf } from '../../profile/resolve/plain-rule.js';
import type { Facts, Rule } from './facts.js';
import type { Recordings } from './recordings.js';

const CAVEAT = 'observed, not complete';

/** The entries of a merged profile, and the rules that they are made of. */
export interface MergedEntries {
  readonly entries: readonly object[];
  readonly rules: readonly Rule[];
  readonly warnings: readonly Warning[];
}

/** What is allowed, what answers ENOSYS so that C libraries go on, and with `essentials` what every process may make. */
export function mergedEntries(
  taken: readonly Rule[],
  recordings: Recordings,
  facts: Facts,
  {
    architectures,
    otherwise,
    essentials,
  }: { architectures: readonly ArchitectureName[]; otherwise: ArchitectureName | undefined; essentials: boolean },
): MergedEntries {
  const main = architectures[0] ?? otherwise ?? 'x86_64';
  const isClone3Out = cloneIsRestricted(taken);
  const rules = isClone3Out ? taken.filter(({ name }) => name !== 'clone3') : taken;
  const names = new Set(rules.map(({ name }) => name));
  const denied = deniedEntries(recordings, names, errnoNumber('ENOSYS', main) as number);
  const answered = [...denied.entries.flatMap((entry) => entry.names), ...(isClone3Out ? ['clone3'] : [])];
  const fallbacks = fallbackEntries(main, new Set([...names, ...answered]));
  const entries = [
    ...entriesOf(rules, facts),
    ...(isClone3Out ? [clone3Entry(main)] : []),
    ...denied.entries,
    ...fallbacks.map((entry) => ({ ...entry, comment: entry.comment.replace(/^Not observed,/, 'Not taken,') })),
    ...(essentials ? essentialEntries(architectures, names) : []),
  ];
  return { entries, rules, warnings: [...(isClone3Out ? [CLONE3_WARNING] : []), ...denied.warnings] };
}

/** clone3 has its flags in memory: allowed beside a clone whose flags are compared, it would allow them all. */
function cloneIsRestricted(rules: readonly Rule[]): boolean {
  const clone = rules.filter(({ name }) => name === 'clone');
  const isRestricted = clone.length > 0 && clone.every(({ conditions }) => conditions.length > 0);
  return isRestricted && rules.some(({ name }) => name === 'clone3');
}

/** Calls that recordings answer with ENOSYS, on which C libraries go on with an older call. */
function deniedEntries(
  recordings: Recordings,
  allowed: ReadonlySet<string>,
  enosys: number,
): { entries: LearnedEntry[]; warnings: Warning[] } {
  const names: string[] = [];
  const warnings: Warning[] = [];
  for (const { name, errnos, recordings: by } of recordings.denied()) {
    if (allowed.has(name)) {
      const message = `${name} is denied by ${count(by, 'recording')}, and allowed, since others have seen it`;
      warnings.push({ code: 'merge-allowed', message });
    } else if (errnos.size === 1 && errnos.has(enosys)) names.push(name);
  }
  if (names.length === 0) return { entries: [], warnings };
  const comment =
    'Answered with ENOSYS in the recordings: C libraries that try these first take the older call on that alone';
  return { entries: [{ names, action: 'SCMP_ACT_ERRNO', errnoRet: BigInt(enosys), comment }], warnings };
}

/** Entries by the purpose of the calls. What all recordings have stands apart from what only some have. */
function entriesOf(rules: readonly Rule[], facts: Facts): object[] {
  const byName = new Map<string, Rule[]>();
  for (const rule of rules) byName.set(rule.name, [...(byName.get(rule.name) ?? []), rule]);
  return groupCalls(byName.keys()).flatMap(({ title, names }) => {
    const all = names.flatMap((name) => byName.get(name)!);
    const plain = all.filter(({ conditions }) => conditions.length === 0);
    const everywhere = plain.filter(({ kinds }) => facts.isEverywhere(kinds));
    const somewhere = plain.filter((rule) => !everywhere.includes(rule));
    const entry = (of: readonly Rule[], comment: string) => ({
      names: of.map(({ name }) => name),
      action: 'SCMP_ACT_ALLOW',
      comment: `${title} (${CAVEAT}): ${comment}`,
    });
    return [
      ...(everywhere.length > 0 ? [entry(everywhere, facts.describeAll(everywhere))] : []),
      ...(somewhere.length > 0
        ? [
            entry(
              somewhere,
              `not in all recordings\n${somewhere.map((rule) => `${rule.name}: ${facts.describe(rule)}`).join('\n')}`,
            ),
          ]
        : []),
      ...all
        .filter(({ conditions }) => conditions.length > 0)
        .map((rule) => ({
          ...entry([rule], `${facts.of(rule.kinds, rule.name, rule.conditions).call}: ${facts.describe(rule)}`),
          args: argumentsOf(rule.conditions),
        })),
    ];
  });
}
