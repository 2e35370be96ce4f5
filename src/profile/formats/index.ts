import { InvalidArgumentError } from '../../errors.js';
import { quote } from '../../text.js';
import { docker } from './docker/format.js';
import { firejail } from './firejail/format.js';
import type { Format, FormatTraits, Output } from './format.js';
import { goSeccompBpf } from './go-seccomp-bpf/format.js';
import { kafel } from './kafel/format.js';
import { list } from './list/format.js';
import { lxc } from './lxc/format.js';
import { minijail, minijailPy } from './minijail/format.js';
import { nsjail } from './nsjail/format.js';
import { nspawn } from './nspawn/format.js';
import { oci, ociConfig } from './oci/format.js';
import { seccompiler } from './seccompiler/format.js';
import { snapd } from './snapd/format.js';
import { spo } from './spo/format.js';
import { systemd } from './systemd/format.js';

/** The formats of profiles, in the order of `--help`. Their readers and writers are loaded when a profile needs one. */
export const FORMATS = [
  oci,
  ociConfig,
  docker,
  spo,
  seccompiler,
  goSeccompBpf,
  systemd,
  nspawn,
  lxc,
  snapd,
  firejail,
  minijailPy,
  minijail,
  kafel,
  nsjail,
  list,
] as const satisfies readonly Format[];

type AnyFormat = (typeof FORMATS)[number];
type NamedFormat = Exclude<AnyFormat, { readonly variantOf: string }>;

/**
 * `oci` is a `LinuxSeccomp` object, and `oci-config` the `linux.seccomp` of a `config.json`. `docker` is Docker's or
 * Podman's format, wherever it was found. `spo` is the SeccompProfile of Kubernetes' Security Profiles Operator.
 * `seccompiler` is one thread's filter of a Firecracker file. `systemd` is the SystemCall…= lines of a unit, `nspawn` the
 * settings of a systemd-nspawn container. `lxc` is a policy of LXC, `snapd` a snap's template, `firejail` the lines about
 * seccomp of a firejail profile. `go-seccomp-bpf` is a policy of Elastic's Beats, and `list` the plain list.
 */
export type ProfileFormat = AnyFormat['id'];
export type FormatName = NamedFormat['id'];
export type KeysFormatName = Extract<NamedFormat, { readonly syntax: 'keys' }>['id'];
export type LinesFormatName = Extract<NamedFormat, { readonly syntax: 'lines' }>['id'];

const NAMED = FORMATS.filter((format): format is NamedFormat => !('variantOf' in format));
export const KEYS_FORMATS = NAMED.filter((format) => format.syntax === 'keys');
export const LINES_FORMATS = NAMED.filter((format) => format.syntax === 'lines');

/**
 * The formats that a caller may name. `json` and `yaml` are syntaxes: the keys show the format then. `oci` is both a
 * `LinuxSeccomp` and a `config.json`.
 */
export type InputFormat = 'json' | 'yaml' | FormatName;
export const INPUT_FORMATS: readonly InputFormat[] = ['json', 'yaml', ...NAMED.map(({ id }) => id)];

type OutputFormats = Extract<NamedFormat, { readonly output: object }>;
/** The formats profiles are written in. */
export type OutputFormat = OutputFormats['id'];
export type WrittenFormat = Format & { readonly id: OutputFormat; readonly output: Output };

export const WRITTEN_FORMATS: readonly WrittenFormat[] = NAMED.filter((format) => 'output' in format);
export const OUTPUT_FORMATS: readonly OutputFormat[] = WRITTEN_FORMATS.map(({ id }) => id);

export function isOutputFormat(name: string): name is OutputFormat {
  return WRITTEN_FORMATS.some(({ id }) => id === name);
}

/** @throws {InvalidArgumentError} when no profile is written in such a format */
export function writtenFormat(name: OutputFormat): WrittenFormat {
  const found = WRITTEN_FORMATS.find(({ id }) => id === name);
  if (found) return found;
  throw new InvalidArgumentError(`a profile is written as ${OUTPUT_FORMATS.join(', ')}, not as ${quote(String(name))}`);
}

/** In what a format differs from most. */
export function traitsOf({ format }: { format: ProfileFormat }): FormatTraits {
  return FORMATS.find(({ id }) => id === format)!.traits;
}

/** As a sentence has it: "a SeccompProfile". */
export function formatPhrase({ format }: { format: ProfileFormat }): string {
  return FORMATS.find(({ id }) => id === format)!.phrase;
}
