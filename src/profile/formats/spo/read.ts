import { quote } from '../../../text.js';
import type { JsonPath } from '../../document/json-path.js';
import { isJsonObject, type JsonObject, type JsonValue, typeWord } from '../../document/json-value.js';
import type { ProfileIssue, ProfileIssueCode } from '../../document/profile-error.js';
import { failOnIssues } from '../../document/profile-error.js';
import type { SourceDocument } from '../../document/source-document.js';
import { finishProfile } from '../../model/finish-profile.js';
import type { Locate, ParsedProfile } from '../../model/parsed-profile.js';
import { DOCKER_ONLY_KEYS, dockerSeccompSchema } from '../../model/schema.js';
import { profileIssue } from '../../model/schema-issues.js';
import { checkKeys } from '../../model/unknown-keys.js';
import { spo } from './format.js';

/** The API group's versions whose `spec` this reads: they differ in nothing that decides. */
export const SPO_API_VERSIONS = ['v1', 'v1beta1', 'v1alpha1'].map(
  (version) => `security-profiles-operator.x-k8s.io/${version}`,
);
const KIND = 'SeccompProfile';
/** Of an argument: the API server's integers are of 64 bits, signed. */
export const MAX_VALUE = 2n ** 63n - 1n;

/** Keys the API server drops, and a runtime would therefore never see: with them an entry means something else. */
export const FOREIGN_KEYS = {
  spec: [...DOCKER_ONLY_KEYS.seccomp, 'defaultErrnoRet'],
  syscall: DOCKER_ONLY_KEYS.syscall,
} as const;

/**
 * Read a SeccompProfile of Kubernetes' Security Profiles Operator (api/seccompprofile, v1, v1beta1 and
 * v1alpha1). Its `spec` is a
 * `LinuxSeccomp`, in which a missing `value` or `errnoRet` is 0, and an errno of 0 is EPERM. `baseProfileName` names a
 * profile that this one adds to.
 */
export function readSpo(document: SourceDocument): ParsedProfile {
  const { kind, apiVersion, metadata, spec } = document.object();
  if (kind === undefined) {
    throw document.fail([], { code: 'missing-key', message: 'the key "kind" is missing', hint: `write kind: ${KIND}` });
  }
  if (kind !== KIND) {
    throw document.fail(['kind'], { code: 'wrong-kind', message: `must be ${KIND}, not ${word(kind)}` });
  }
  if (apiVersion === undefined) {
    const hint = `write apiVersion: ${SPO_API_VERSIONS[0]}`;
    throw document.fail([], { code: 'missing-key', message: 'the key "apiVersion" is missing', hint });
  }
  if (typeof apiVersion !== 'string' || !SPO_API_VERSIONS.includes(apiVersion)) {
    const hint = `known are ${SPO_API_VERSIONS.join(', ')}`;
    throw document.fail(['apiVersion'], {
      code: 'wrong-kind',
      message: `unknown apiVersion ${word(apiVersion)}`,
      hint,
    });
  }
  if (spec === undefined) throw document.fail([], { code: 'missing-key', message: 'the key "spec" is missing' });
  if (!isJsonObject(spec)) {
    throw document.fail(['spec'], { code: 'wrong-type', message: `must be an object, not ${typeWord(spec)}` });
  }

  const locate: Locate = (...path) =>
    document.placeOf(['spec', ...(path[0] === 'extends' ? ['baseProfileName'] : path)]);
  // `targetWorkload` is of v1alpha1 and names the pod to apply to; `state` is v1's `disabled` (api/profilebase/v1).
  const { baseProfileName, disabled, state, targetWorkload: _workload, ...own } = spec;
  const keys = checkKeys(document, ['spec'], withoutPrototype(own), false);
  const issues: ProfileIssue[] = [...foreignKeys(document, spec), ...keys.issues];
  const warnings = [...keys.warnings];
  const base = baseOf(baseProfileName, (code, message, hint) => {
    issues.push({ code, message, hint, ...locate('extends') });
  });
  if (disabled !== undefined && disabled !== null && typeof disabled !== 'boolean') {
    issues.push({
      code: 'wrong-type',
      message: `must be true or false, not ${typeWord(disabled)}`,
      ...locate('disabled'),
    });
  } else if (state !== undefined && state !== null && state !== 'Enabled' && state !== 'Disabled') {
    issues.push({ code: 'wrong-type', message: 'must be Enabled or Disabled', ...locate('state') });
  } else if (disabled || state === 'Disabled') {
    const message = 'the operator does not install a disabled profile; it is read as if it were enabled';
    warnings.push({ code: 'disabled-profile', message, ...locate(disabled ? 'disabled' : 'state') });
  }
  const parsed = dockerSeccompSchema.safeParse(withDefaults(own), { jitless: true });
  if (!parsed.success) {
    issues.push(...parsed.error.issues.map((issue) => profileIssue(issue, document, ['spec'])));
    failOnIssues(issues, document.source);
  }
  parsed.data!.syscalls?.forEach(({ args }, index) => {
    args?.forEach((argument, position) => {
      for (const key of ['value', 'valueTwo'] as const) {
        if ((argument[key] ?? 0n) <= MAX_VALUE) continue;
        const message = 'must be 2^63-1 at most: the API server refuses what is larger';
        issues.push({ code: 'out-of-range', message, ...locate('syscalls', index, 'args', position, key) });
      }
    });
  });
  const seccomp = { ...parsed.data!, ...(base === undefined ? {} : { extends: base }) };
  const name = isJsonObject(metadata) && typeof metadata.name === 'string' ? metadata.name : undefined;
  return finishProfile(spo, document, { seccomp, name, locate, issues, warnings });
}

function word(value: JsonValue): string {
  return typeof value === 'string' ? quote(value) : typeWord(value);
}

function baseOf(
  value: JsonValue | undefined,
  issue: (code: ProfileIssueCode, message: string, hint?: string) => void,
): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') {
    issue('wrong-type', `must be a string, not ${typeWord(value)}`);
  } else if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value) && !value.startsWith('oci://')) {
    issue('unsupported-base', `${quote(value)} is neither a name nor an artifact`, 'write oci://REGISTRY/NAME:TAG');
  } else {
    return value;
  }
  return undefined;
}

function foreignKeys(document: SourceDocument, spec: JsonObject): ProfileIssue[] {
  const issues: ProfileIssue[] = [];
  const note = (value: JsonObject, path: JsonPath, foreign: readonly string[]) => {
    for (const key of Object.keys(value)) {
      if (!foreign.includes(key)) continue;
      issues.push({
        code: 'foreign-key',
        message: `a SeccompProfile has no ${quote(key)}: the API server drops it`,
        ...document.placeOfKey([...path, key]),
        hint: 'take it out; for conditional entries write a profile each',
      });
    }
  };
  note(spec, ['spec'], FOREIGN_KEYS.spec);
  const syscalls: readonly JsonValue[] = Array.isArray(spec.syscalls) ? spec.syscalls : [];
  syscalls.forEach((entry, index) => {
    if (isJsonObject(entry)) note(entry, ['spec', 'syscalls', index], FOREIGN_KEYS.syscall);
  });
  return issues;
}

/** The meaning of Go's zero values, written out. */
function withDefaults(spec: { [key: string]: JsonValue }): unknown {
  if (!Array.isArray(spec.syscalls)) return spec;
  const syscalls = spec.syscalls.map((entry) => {
    if (!isJsonObject(entry)) return entry;
    const { errnoRet, args, ...rest } = entry;
    return {
      ...rest,
      ...(errnoRet === undefined || errnoRet === 0n ? {} : { errnoRet }),
      ...(args === undefined ? {} : { args: Array.isArray(args) ? args.map(withValue) : args }),
    };
  });
  return { ...spec, syscalls };
}

function withValue(argument: JsonValue): JsonValue {
  return isJsonObject(argument) ? { value: 0n, ...argument } : argument;
}

function withoutPrototype(members: { [key: string]: JsonValue }): JsonObject {
  return Object.assign(Object.create(null), members);
}
