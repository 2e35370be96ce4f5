import type { KeysFormat } from '../format.js';

/** `LinuxSeccomp` of the OCI runtime spec (config-linux.md, "Seccomp"), by itself. */
export const oci = {
  id: 'oci',
  title: 'OCI',
  phrase: "OCI's format",
  syntax: 'keys',
  traits: { readBy: ['engine', 'runtime'] },
  output: { extension: 'json', about: 'LinuxSeccomp', note: 'linux.seccomp of a config.json, decided for this target' },
} as const satisfies KeysFormat;

/** The same as the `linux.seccomp` of a `config.json`. */
export const ociConfig = {
  id: 'oci-config',
  title: 'config.json',
  phrase: 'a config.json',
  variantOf: 'oci',
  syntax: 'keys',
  traits: { readBy: ['runtime'] },
} as const satisfies KeysFormat;
