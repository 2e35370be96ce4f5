import { nearestName } from '../../../nearest-name.js';
import { quote } from '../../../text.js';
import type { JsonPath } from '../../document/json-path.js';
import { isJsonObject, type JsonObject, type JsonValue, typeWord } from '../../document/json-value.js';
import type { SourceDocument } from '../../document/source-document.js';
import { DOCKER_ONLY_KEYS, KNOWN_KEYS } from '../../model/schema.js';
import { docker } from '../docker/format.js';
import { seccompiler } from '../seccompiler/format.js';
import { oci, ociConfig } from './format.js';

/** A seccomp section of the OCI runtime spec's or Docker's shape. */
export interface SeccompSection {
  format: typeof oci | typeof ociConfig | typeof docker;
  /** Where the section is in the document. */
  root: JsonPath;
  section: JsonObject;
}

const SECTION_KEYS = ['linux', 'ociVersion', ...KNOWN_KEYS.seccomp];

/** The first key of a document that shows a seccomp section, or a `config.json` that may have one. */
export function sectionKey(document: JsonObject): string | undefined {
  return SECTION_KEYS.find((key) => key in document);
}

/**
 * Find the seccomp section of a document and detect its format. A `config.json` has `linux` or `ociVersion`. Docker's
 * format has a key that the OCI runtime spec lacks, even inside a `config.json`. Any other section with a key of a
 * profile is OCI's `LinuxSeccomp`.
 */
export function findSeccompSection(document: SourceDocument): SeccompSection {
  const keys = document.object();
  const profileKey = KNOWN_KEYS.seccomp.find((key) => key in keys);
  if ('linux' in keys || 'ociVersion' in keys) {
    if (profileKey !== undefined) {
      const message = `both a config.json ("linux" or "ociVersion") and a profile (${quote(profileKey)})`;
      throw document.fail([profileKey], { code: 'ambiguous-format', message, hint: 'take one of them out' });
    }
    return sectionOfConfig(document, keys);
  }
  const isNearProfile = () => Object.keys(keys).some((key) => nearestName(key, KNOWN_KEYS.seccomp, 2) !== undefined);
  if (profileKey === undefined && !isNearProfile()) {
    const message = 'not a seccomp profile: neither "defaultAction" nor "linux" is in it';
    throw document.fail([], { code: 'unknown-format', message, hint: otherFormat(keys) });
  }
  return { format: hasDockerKeys(keys) ? docker : oci, root: [], section: keys };
}

function sectionOfConfig(document: SourceDocument, { linux }: JsonObject): SeccompSection {
  if (linux !== undefined && linux !== null && !isJsonObject(linux)) {
    throw document.fail(['linux'], { code: 'wrong-type', message: `must be an object, not ${typeWord(linux)}` });
  }
  const section = linux?.seccomp;
  if (section === undefined || section === null) {
    const otherKeys = Object.keys(linux ?? {}).filter((key) => key !== 'seccomp');
    const near = nearestName('seccomp', otherKeys, 2);
    const hint =
      near === undefined ? 'a container made of it runs without a filter' : `is ${quote(near)} meant to be it?`;
    throw document.fail(['linux'], {
      code: 'no-seccomp-section',
      message: 'this config.json has no linux.seccomp',
      hint,
    });
  }
  const root = ['linux', 'seccomp'];
  if (!isJsonObject(section)) {
    throw document.fail(root, { code: 'wrong-type', message: `must be an object, not ${typeWord(section)}` });
  }
  return { format: hasDockerKeys(section) ? docker : ociConfig, root, section };
}

function hasDockerKeys(section: JsonObject): boolean {
  const syscalls: readonly JsonValue[] = Array.isArray(section.syscalls) ? section.syscalls : [];
  return (
    DOCKER_ONLY_KEYS.seccomp.some((key) => key in section) ||
    syscalls.some((entry) => isJsonObject(entry) && DOCKER_ONLY_KEYS.syscall.some((key) => key in entry))
  );
}

function otherFormat(keys: JsonObject): string | undefined {
  if (keys.kind === 'SeccompProfile') return 'this is a Kubernetes SeccompProfile';
  if ('seccomp' in keys) return 'give what is under "seccomp", or put it under "linux"';
  return seccompiler.sign(keys) ? 'this looks like a seccompiler (Firecracker) filter' : undefined;
}
