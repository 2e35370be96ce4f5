import { nearestName } from '../../nearest-name.js';
import type { Warning } from '../../policy.js';
import { quote } from '../../text.js';
import type { JsonPath } from '../document/json-path.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../document/json-value.js';
import type { ProfileIssue } from '../document/profile-error.js';
import type { SourceDocument } from '../document/source-document.js';
import { DOCKER_ONLY_KEYS, KNOWN_KEYS, OUR_KEYS } from './schema.js';

/** Keys that people write notes under, as regular expressions; they were never meant to do anything. */
export const COMMENT_KEYS: readonly string[] =
  'comments? descriptions? desc notes? reasons? rationale title version author'.split(' ');
export const COMMENT_PREFIX = /^([_$#]|\/\/|x-)/i;
const COMMENT_KEY = new RegExp(`^(${COMMENT_KEYS.join('|')})$`, 'i');

export interface KeyFindings {
  issues: ProfileIssue[];
  warnings: Warning[];
}

/**
 * Check the unknown keys of a seccomp section. Runtimes ignore them silently, so a misspelt `args` makes a rule
 * unconditional, and a misspelt `syscalls` empties a deny-list. A key within two edits of a known one is therefore an
 * error. Docker's keys, and ours, in an OCI `config.json` (`isConfig`) are a warning: a runtime ignores them, and would
 * always apply a conditional entry. Comments are accepted; any other key is a warning.
 */
export function checkKeys(
  document: SourceDocument,
  root: JsonPath,
  section: JsonObject,
  isConfig: boolean,
): KeyFindings {
  const findings: KeyFindings = { issues: [], warnings: [] };
  const judge = (
    value: JsonValue | undefined,
    path: JsonPath,
    known: readonly string[],
    foreign?: readonly string[],
  ) => {
    if (!isJsonObject(value)) return;
    for (const key of Object.keys(value)) {
      const place = () => document.placeOfKey([...path, key]);
      if (foreign?.includes(key) && !isEmpty(value[key])) {
        findings.warnings.push(foreignKey(key, place()));
      } else if (!known.includes(key)) {
        judgeUnknownKey(key, known, place(), findings);
      }
    }
  };

  judge(section, root, KNOWN_KEYS.seccomp, isConfig ? DOCKER_ONLY_KEYS.seccomp : []);
  items(section.archMap).forEach((entry, index) => {
    judge(entry, [...root, 'archMap', index], KNOWN_KEYS.archMapEntry);
  });
  items(section.syscalls).forEach((entry, index) => {
    const path = [...root, 'syscalls', index];
    judge(entry, path, KNOWN_KEYS.syscall, isConfig ? DOCKER_ONLY_KEYS.syscall : []);
    if (!isJsonObject(entry)) return;
    judge(entry.includes, [...path, 'includes'], KNOWN_KEYS.condition);
    judge(entry.excludes, [...path, 'excludes'], KNOWN_KEYS.condition);
    items(entry.args).forEach((arg, position) => {
      judge(arg, [...path, 'args', position], KNOWN_KEYS.argument);
    });
  });
  return findings;
}

type KeyPlace = Pick<ProfileIssue, 'path' | 'position'>;

function foreignKey(key: string, place: KeyPlace): Warning {
  const message = OUR_KEYS.includes(key)
    ? `${quote(key)} is this package's and is followed here; OCI runtimes ignore it`
    : `${quote(key)} is of Docker's format and is read here as Docker reads it; OCI runtimes ignore it`;
  return { code: 'foreign-key', message, ...place };
}

function judgeUnknownKey(key: string, known: readonly string[], place: KeyPlace, findings: KeyFindings): void {
  if (COMMENT_KEY.test(key)) return;
  // Two edits turn "op" into any word of two letters: for such short keys one edit is the limit.
  const meaningful = known.filter((name) => !COMMENT_KEY.test(name));
  const meant = nearestName(key, meaningful, Math.min(2, key.length - 1));
  if (meant !== undefined) {
    const hint = `did you mean ${quote(meant)}? (a comment may be called "_comment")`;
    findings.issues.push({ code: 'misspelt-key', message: `unknown key ${quote(key)}`, hint, ...place });
  } else if (!COMMENT_PREFIX.test(key)) {
    findings.warnings.push({ code: 'unknown-key', message: `unknown key ${quote(key)}, ignored`, ...place });
  }
}

/** An empty condition changes nothing, whether it is read or not. */
function isEmpty(value: JsonValue | undefined): boolean {
  return !value || (typeof value === 'object' && Object.keys(value).length === 0);
}

function items(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}
