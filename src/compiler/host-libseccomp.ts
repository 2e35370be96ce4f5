import type { Architecture } from '../architecture.js';
import { InvalidArgumentError } from '../errors.js';
import { VERSION_TABLES, type VersionTable } from '../libseccomp/version-tables.js';
import type { PolicyRule, SeccompPolicy, Warning } from '../policy.js';
import { quote } from '../text.js';

// A runtime compiles with the libseccomp of its host, which is often older than the one here and knows fewer names. It
// leaves the missing names out, as it does unknown ones.

export type LibseccompVersion = keyof typeof VERSION_TABLES;
export const LIBSECCOMP_VERSIONS = Object.keys(VERSION_TABLES) as LibseccompVersion[];

/**
 * The names and numbers that differ in a version.
 *
 * @throws {InvalidArgumentError} when there is no table of that version
 */
export function versionTable(version: LibseccompVersion): VersionTable {
  if (!Object.hasOwn(VERSION_TABLES, version)) {
    throw new InvalidArgumentError(
      `there is no table of libseccomp ${quote(String(version))}; there are ${LIBSECCOMP_VERSIONS.join(', ')}`,
    );
  }
  return VERSION_TABLES[version];
}

/** A name of an entry that the host's libseccomp does not know. */
export interface NewerName {
  rule: PolicyRule;
  listed: PolicyRule['names'][number];
}

/** A policy on a host with that libseccomp: without the names that it does not know. */
export function forHost(
  policy: SeccompPolicy,
  version: LibseccompVersion | undefined,
): { policy: SeccompPolicy; newer: readonly NewerName[] } {
  if (version === undefined) return { policy, newer: [] };
  const unknown = new Set(versionTable(version).unknown);
  const newer = policy.rules.flatMap((rule) =>
    rule.names.filter(({ name }) => unknown.has(name)).map((listed) => ({ rule, listed })),
  );
  if (newer.length === 0) return { policy, newer };
  const rules = policy.rules.flatMap((rule) => {
    const names = rule.names.filter(({ name }) => !unknown.has(name));
    return names.length > 0 ? [{ ...rule, names }] : [];
  });
  return { policy: { ...policy, rules }, newer };
}

/** The first of the versions that knows a name; undefined where only the one here does. */
export function firstToKnow(name: string): LibseccompVersion | undefined {
  return LIBSECCOMP_VERSIONS.find((version) => !versionTable(version).unknown.includes(name));
}

/** Warnings where a version has another number than the libseccomp here, which makes the program. */
export function numberWarnings(
  { rules }: SeccompPolicy,
  architectures: readonly Architecture[],
  version: LibseccompVersion | undefined,
): Warning[] {
  if (version === undefined) return [];
  const here = new Set(architectures.map(({ name }) => name));
  return versionTable(version).differing.flatMap(({ architecture, name, number }) => {
    const place = rules.flatMap(({ names }) => names).find((listed) => listed.name === name);
    if (!place || !here.has(architecture)) return [];
    const [theirs, ours] = number === undefined ? ['no number', 'one'] : [`number ${number}`, 'none'];
    const message = `libseccomp ${version} has ${theirs} for ${name} on ${architecture}, and the one that made this program has ${ours}: there the host's filter decides it otherwise`;
    const { name: _, ...at } = place;
    return [{ code: 'differing-number', message, ...at }];
  });
}
