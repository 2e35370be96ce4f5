import { isJsonObject, type JsonDocument, type JsonObject, type JsonValue, typeWord } from './json-document.js';
import { formatPath, type JsonPath, quote } from './json-path.js';
import { nearestName } from './nearest-name.js';
import type { ProfileFormat } from './parsed-profile.js';
import { ProfileError, type ProfileIssueCode } from './profile-error.js';
import { DOCKER_ONLY_KEYS, KNOWN_KEYS } from './schema.js';

export interface SeccompSection {
  format: ProfileFormat;
  /** Where the section is in the document. */
  root: JsonPath;
  section: JsonObject;
}

/**
 * Find the seccomp section of a document and tell its format. A `config.json` has `linux` or `ociVersion`; Docker's
 * format has a key that the OCI runtime spec lacks, also where somebody put it in a `config.json`; whatever else has a
 * key of a profile is OCI's `LinuxSeccomp`.
 */
export function findSeccompSection(document: JsonDocument, source: string | undefined): SeccompSection {
  const { value } = document;
  const fail = (code: ProfileIssueCode, message: string, hint?: string, path: JsonPath = []) =>
    new ProfileError(
      'PROFILE_INVALID',
      [{ code, message, path: formatPath(path), position: document.positionOf(path), hint }],
      source,
    );

  if (!isJsonObject(value)) throw fail('wrong-type', `a profile is an object, not ${typeWord(value)}`);
  const profileKey = KNOWN_KEYS.seccomp.find((key) => key in value);
  if ('linux' in value || 'ociVersion' in value) {
    if (profileKey !== undefined) {
      const message = `both a config.json ("linux" or "ociVersion") and a profile (${quote(profileKey)})`;
      throw fail('ambiguous-format', message, 'take one of them out', [profileKey]);
    }
    const { linux } = value;
    if (linux !== undefined && linux !== null && !isJsonObject(linux)) {
      throw fail('wrong-type', `must be an object, not ${typeWord(linux)}`, undefined, ['linux']);
    }
    const seccomp = linux?.seccomp;
    if (seccomp === undefined || seccomp === null) {
      const otherKeys = Object.keys(linux ?? {}).filter((key) => key !== 'seccomp');
      const near = nearestName('seccomp', otherKeys, 2);
      const hint =
        near === undefined ? 'a container made of it runs without a filter' : `is ${quote(near)} meant to be it?`;
      throw fail('no-seccomp-section', 'this config.json has no linux.seccomp', hint, ['linux']);
    }
    const root = ['linux', 'seccomp'];
    if (!isJsonObject(seccomp))
      throw fail('wrong-type', `must be an object, not ${typeWord(seccomp)}`, undefined, root);
    return { format: hasDockerKeys(seccomp) ? 'docker' : 'oci-config', root, section: seccomp };
  }
  const isNearProfile = Object.keys(value).some((key) => nearestName(key, KNOWN_KEYS.seccomp, 2) !== undefined);
  if (profileKey === undefined && !isNearProfile) {
    throw fail(
      'unknown-format',
      'not a seccomp profile: neither "defaultAction" nor "linux" is in it',
      otherFormat(value),
    );
  }
  return { format: hasDockerKeys(value) ? 'docker' : 'oci', root: [], section: value };
}

function hasDockerKeys(section: JsonObject): boolean {
  const syscalls: readonly JsonValue[] = Array.isArray(section.syscalls) ? section.syscalls : [];
  return (
    DOCKER_ONLY_KEYS.seccomp.some((key) => key in section) ||
    syscalls.some((entry) => isJsonObject(entry) && DOCKER_ONLY_KEYS.syscall.some((key) => key in entry))
  );
}

function otherFormat(value: JsonObject): string | undefined {
  if (value.kind === 'SeccompProfile') return 'this is a Kubernetes SeccompProfile: give what is under its "spec"';
  if ('seccomp' in value) return 'give what is under "seccomp", or put it under "linux"';
  const first = Object.values(value)[0];
  const isSeccompiler = isJsonObject(first) && ('default_action' in first || 'mismatch_action' in first);
  return isSeccompiler ? 'this looks like a seccompiler (Firecracker) filter' : undefined;
}
