import { nearestName } from '../../nearest-name.js';
import { quote } from '../../text.js';
import { invalidAt } from '../document/invalid-at.js';
import {
  isJsonObject,
  type JsonDocument,
  type JsonObject,
  type JsonValue,
  typeWord,
} from '../document/json-document.js';
import type { JsonPath } from '../document/json-path.js';
import type { ProfileIssueCode } from '../document/profile-error.js';
import type { InputFormat } from '../model/parsed-profile.js';
import { DOCKER_ONLY_KEYS, KNOWN_KEYS } from '../model/schema.js';

/** A seccomp section of the OCI runtime spec's or Docker's shape. */
export interface SeccompSection {
  format: 'oci' | 'oci-config' | 'docker';
  /** Where the section is in the document. */
  root: JsonPath;
  section: JsonObject;
}

/** A document: it has a seccomp section, or is an object of a format with its own shape. */
export type DetectedDocument = SeccompSection | { format: 'spo' | 'seccompiler'; section: JsonObject };

/**
 * Detect a document's format by its keys, unless the caller named it. A Kubernetes object has `kind` or `apiVersion`. A
 * seccompiler file is a map of filters, which have `mismatch_action`, `match_action` (or their older names) or
 * `filter`. For others see {@link findSeccompSection}.
 *
 * @throws {ProfileError} when the document fits no format, or two
 */
export function detectDocument(
  document: JsonDocument,
  source: string | undefined,
  wanted?: InputFormat,
): DetectedDocument {
  const { value } = document;
  if (isJsonObject(value)) {
    const named = wanted === 'spo' || wanted === 'seccompiler' ? wanted : undefined;
    if (named) return { format: named, section: value };
    if (wanted === undefined || wanted === 'json' || wanted === 'yaml') {
      const isOther = ['linux', 'ociVersion', ...KNOWN_KEYS.seccomp].find((key) => key in value);
      const kubernetesKey = ['kind', 'apiVersion'].find((key) => key in value);
      if (kubernetesKey && isOther) {
        const message = `both a Kubernetes object (${quote(kubernetesKey)}) and a profile (${quote(isOther)})`;
        throw invalidAt(document, source, [isOther], {
          code: 'ambiguous-format',
          message,
          hint: 'take one of them out',
        });
      }
      if (kubernetesKey) return { format: 'spo', section: value };
      if (!isOther && Object.values(value).some(isSeccompilerFilter)) return { format: 'seccompiler', section: value };
    }
  }
  const found = findSeccompSection(document, source);
  if (wanted === 'oci' && found.format === 'docker') {
    throw invalidAt(document, source, found.root, {
      code: 'wrong-format',
      message: "this is Docker's format, not OCI's: it has a key the OCI runtime spec lacks",
      hint: 'OCI runtimes would pass over the key; name the format docker, or take the key out',
    });
  }
  return wanted === 'docker' ? { ...found, format: 'docker' } : found;
}

const FILTER_KEYS = ['mismatch_action', 'match_action', 'default_action', 'filter_action'];

function isSeccompilerFilter(value: JsonValue): boolean {
  return isJsonObject(value) && FILTER_KEYS.some((key) => key in value);
}

/**
 * Find the seccomp section of a document and detect its format. A `config.json` has `linux` or `ociVersion`. Docker's
 * format has a key that the OCI runtime spec lacks, even inside a `config.json`. Any other section with a key of a
 * profile is OCI's `LinuxSeccomp`.
 */
export function findSeccompSection(document: JsonDocument, source: string | undefined): SeccompSection {
  const { value } = document;
  const fail = (code: ProfileIssueCode, message: string, hint?: string, path: JsonPath = []) =>
    invalidAt(document, source, path, { code, message, hint });

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
  if (value.kind === 'SeccompProfile') return 'this is a Kubernetes SeccompProfile';
  if ('seccomp' in value) return 'give what is under "seccomp", or put it under "linux"';
  return Object.values(value).some(isSeccompilerFilter)
    ? 'this looks like a seccompiler (Firecracker) filter'
    : undefined;
}
