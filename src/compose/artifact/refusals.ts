import { MAX_ERRNO, takesErrnoRet } from '../../action.js';
import { count } from '../../phrases.js';
import { parseJson } from '../../profile/document/json-document.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../profile/document/json-value.js';
import { ProfileError, type ProfileIssue } from '../../profile/document/profile-error.js';
import type { SourceDocument } from '../../profile/document/source-document.js';
import type { Locate } from '../../profile/model/parsed-profile.js';
import { NATIVE_ARCHITECTURE, OCI_KEYS, type OciSeccomp } from '../../profile/model/schema.js';
import { quote } from '../../text.js';
import { conflictingEntry, type PlacedRule } from './conflicts.js';
import { MAX_LAYER } from './media-types.js';
import { defaultResult, ruleCount, rulesOf } from './rules-of-calls.js';

/**
 * The bounds of a profile that is an artifact, as the validation that runtimes share has them
 * (kubernetes-sigs/security-profiles-merger, seccomp, `ValidateArtifact`).
 */
export const ARTIFACT_LIMITS = {
  /** Entries that name one call. */
  entriesOfCall: 128,
  /** Rules that one call gets. */
  rulesOfCall: 256,
  /** Names in one entry. */
  namesOfEntry: 1024,
  /** Rules of the whole profile. */
  rules: 16_384,
  /** Bytes of its JSON. */
  bytes: MAX_LAYER,
} as const;

/** The flags that such a profile may have: TSYNC is none of the OCI runtime spec's, and WAIT_KILLABLE_RECV is the node's. */
const FLAGS: readonly string[] = ['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_SPEC_ALLOW'];

const LISTENER = "the listener is the node's own, and an artifact has none to give";

/**
 * What a runtime refuses of a profile that it gets as an artifact (KEP-6061): each at its place. It refuses the whole
 * profile then, and the pod does not start.
 */
export function artifactRefusals(profile: OciSeccomp, locate: Locate): readonly ProfileIssue[] {
  const issues: ProfileIssue[] = [];
  const refuse = (message: string, hint: string, ...path: (string | number)[]) => {
    issues.push({ code: 'artifact-refused', message, hint, ...locate(...path) });
  };
  const { defaultAction, defaultErrnoRet, architectures, flags, listenerPath, listenerMetadata } = profile;
  checkAction(refuse, defaultAction, defaultErrnoRet, ['defaultAction'], ['defaultErrnoRet']);
  checkUnlike(refuse, architectures ?? [], 'architectures', 'architecture');
  (architectures ?? []).forEach((name, index) => {
    if (name !== NATIVE_ARCHITECTURE) return;
    refuse(`${name} is no architecture of the OCI runtime spec`, 'name the architectures', 'architectures', index);
  });
  checkUnlike(refuse, flags ?? [], 'flags', 'flag');
  (flags ?? []).forEach((flag, index) => {
    if (FLAGS.includes(flag)) return;
    const why = flag.includes('WAIT_KILLABLE') ? LISTENER : 'it is no flag of the OCI runtime spec';
    refuse(`${flag}: ${why}`, 'take it out', 'flags', index);
  });
  if (listenerPath) refuse(LISTENER, 'take it out', 'listenerPath');
  if (listenerMetadata) refuse(LISTENER, 'take it out', 'listenerMetadata');
  checkEntries(refuse, profile);
  return issues;
}

type Refuse = (message: string, hint: string, ...path: (string | number)[]) => void;

function checkAction(
  refuse: Refuse,
  action: OciSeccomp['defaultAction'],
  errnoRet: bigint | null | undefined,
  atAction: readonly (string | number)[],
  atErrno: readonly (string | number)[],
): void {
  if (action === 'SCMP_ACT_NOTIFY') {
    refuse(`SCMP_ACT_NOTIFY needs a listener: ${LISTENER}`, 'answer with SCMP_ACT_ERRNO', ...atAction);
  }
  if (errnoRet === undefined || errnoRet === null) return;
  if (!takesErrnoRet(action)) {
    refuse(`an errno with ${action}, which carries none`, 'take it out', ...atErrno);
  } else if (errnoRet > BigInt(MAX_ERRNO)) {
    refuse(
      `the errno ${errnoRet} is above ${MAX_ERRNO}, the largest of the kernel`,
      'take one up to there',
      ...atErrno,
    );
  }
}

function checkUnlike(refuse: Refuse, names: readonly string[], key: string, what: string): void {
  names.forEach((name, index) => {
    if (names.indexOf(name) < index) refuse(`the ${what} ${name} is given twice`, 'take it out', key, index);
  });
}

function checkEntries(refuse: Refuse, profile: OciSeccomp): void {
  const entries = profile.syscalls ?? [];
  const byDefault = defaultResult(profile);
  const { entriesOfCall, rulesOfCall, namesOfEntry, rules: most } = ARTIFACT_LIMITS;
  const seen = new Map<string, { entries: number; rules: number }>();
  let total = 0;
  entries.forEach((entry, index) => {
    const { names, action, errnoRet } = entry;
    const path = ['syscalls', index] as const;
    checkAction(refuse, action, errnoRet, [...path, 'action'], [...path, 'errnoRet']);
    if (names.length > namesOfEntry) {
      refuse(`${names.length} names in one entry, and ${namesOfEntry} are taken`, 'split it', ...path, 'names');
    }
    const added = ruleCount(entry, byDefault);
    total += added * names.length;
    names.forEach((name, at) => {
      const known = seen.get(name) ?? { entries: 0, rules: 0 };
      seen.set(name, known);
      const before = { ...known };
      known.entries++;
      known.rules += added;
      const place = [...path, 'names', at] as const;
      if (before.entries === entriesOfCall) {
        refuse(`more than ${entriesOfCall} entries name ${quote(name)}`, 'join some of them', ...place);
      }
      if (before.rules <= rulesOfCall && known.rules > rulesOfCall) {
        refuse(`more than ${rulesOfCall} rules for ${quote(name)}`, 'take conditions out', ...place);
      }
    });
  });
  if (total > most) {
    refuse(`${count(total, 'rule')}, and ${most} are taken of a profile`, 'take entries out', 'syscalls');
    return;
  }
  checkConflicts(refuse, profile, (name) => (seen.get(name)?.rules ?? 0) <= rulesOfCall);
}

function checkConflicts(refuse: Refuse, profile: OciSeccomp, isWithin: (name: string) => boolean): void {
  const byDefault = defaultResult(profile);
  const rules = new Map<string, PlacedRule[]>();
  (profile.syscalls ?? []).forEach((entry, index) => {
    const added = rulesOf(entry, byDefault).map((rule) => ({ ...rule, entry: index }));
    for (const name of entry.names) if (isWithin(name)) rules.set(name, [...(rules.get(name) ?? []), ...added]);
  });
  const calls = new Map<number, string[]>();
  for (const [name, all] of rules) {
    const entry = conflictingEntry(all);
    if (entry !== undefined) calls.set(entry, [...(calls.get(entry) ?? []), name]);
  }
  for (const [entry, names] of calls) {
    const more = names.length > 1 ? ` and ${names.length - 1} more` : '';
    refuse(
      `entries of different actions for ${quote(names[0]!)}${more} overlap, or are in a shape that libseccomp does not compile exactly`,
      'give the call one action, or values of one argument that are compared for equality',
      'syscalls',
      entry,
    );
  }
}

/**
 * What a runtime refuses of the text of a layer before it looks at the profile. It reads JSON alone, and no key that the
 * OCI runtime spec does not have, such as a comment.
 *
 * @param text the profile's file as it is, with its byte order mark
 */
export function layerRefusals(text: string, source?: string): readonly ProfileIssue[] {
  const bytes = new TextEncoder().encode(text).length;
  const issues: ProfileIssue[] = [];
  const refuse = (message: string, hint: string, place: Partial<ProfileIssue> = {}) => {
    issues.push({ code: 'artifact-refused', message, hint, path: '', ...place });
  };
  if (bytes > ARTIFACT_LIMITS.bytes) {
    refuse(`${bytes} bytes, and runtimes take ${ARTIFACT_LIMITS.bytes} by default`, 'make it smaller');
  }
  if (text.startsWith('\uFEFF')) refuse('a byte order mark, which is no JSON', CONVERT);
  let document: SourceDocument;
  try {
    document = parseJson(text, source);
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error;
    const [{ message, position }] = error.issues as [ProfileIssue];
    refuse(`the layer of an artifact is JSON, and this is not: ${message}`, CONVERT, { position });
    return issues;
  }
  for (const path of unknownKeys(document.value)) {
    const key = String(path.at(-1));
    refuse(
      `the OCI runtime spec has no ${quote(key)}, and a runtime takes no other key`,
      CONVERT,
      document.placeOfKey(path),
    );
  }
  return issues;
}

const CONVERT = '"scmp convert --to artifact" writes what runtimes take';

function* unknownKeys(value: JsonValue): Generator<(string | number)[]> {
  yield* unknownIn(value, [], OCI_KEYS.seccomp);
  for (const [index, entry] of items(value, 'syscalls')) {
    const path = ['syscalls', index];
    yield* unknownIn(entry, path, OCI_KEYS.syscall);
    for (const [at, argument] of items(entry, 'args'))
      yield* unknownIn(argument, [...path, 'args', at], OCI_KEYS.argument);
  }
}

function* unknownIn(value: JsonValue, path: readonly (string | number)[], known: readonly string[]) {
  if (!isJsonObject(value)) return;
  for (const key of Object.keys(value)) if (!known.includes(key)) yield [...path, key];
}

function items(value: JsonValue, key: string): [number, JsonValue][] {
  const list = isJsonObject(value) ? (value as JsonObject)[key] : undefined;
  return Array.isArray(list) ? [...list.entries()] : [];
}
