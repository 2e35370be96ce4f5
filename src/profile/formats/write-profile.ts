import { parseArchitecture } from '../../architecture.js';
import { errnoNumber } from '../../errno.js';
import { InvalidArgumentError } from '../../errors.js';
import { ANYTHING, checkOptions, LIST, TEXT } from '../../options.js';
import type { Warning } from '../../policy.js';
import { formatExactJson } from '../document/exact-json.js';
import { ProfileError, type ProfileIssue } from '../document/profile-error.js';
import type { ParsedProfile } from '../model/parsed-profile.js';
import type { DockerSeccomp } from '../model/schema.js';
import { writeList } from './list/write.js';
import { isConditional, plainErrno, resolvedSection, unrepresentableIn, unresolvedSection } from './plain-section.js';
import { writeSpo } from './spo/write.js';

/** The formats profiles are written in. */
export const OUTPUT_FORMATS = ['oci', 'docker', 'spo', 'list'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** The target to decide conditional entries for; without `arch` they stay open. */
export interface WriteTarget {
  /** By any name: `x86_64`, `SCMP_ARCH_X86_64`, `amd64`. */
  arch?: string | undefined;
  /** As `CompileOptions.capabilities`; with `arch` only. */
  capabilities?: readonly string[] | undefined;
  /** As `CompileOptions.kernel`; with `arch` only. */
  kernel?: string | undefined;
  /** Of a SeccompProfile: its `metadata.name`. Default: the profile's own, or one made of its source's. */
  name?: string | undefined;
}

/**
 * Write a profile in a format, as text: `oci` (a bare `LinuxSeccomp`) and `docker` as JSON, `spo` (a Kubernetes
 * SeccompProfile) as YAML, `list` as a plain list. Reading it again gives a profile that decides alike; integers are
 * exact. Nothing is dropped but comments, where the format has none.
 *
 * @throws {ProfileError} when the format cannot express something, with an issue `not-in-format` for each
 */
export function writeProfile(profile: ParsedProfile, format: OutputFormat, target: WriteTarget = {}): string {
  checkOptions('writeProfile', target, { arch: [ANYTHING], capabilities: [LIST], kernel: [ANYTHING], name: [TEXT] });
  const issues: ProfileIssue[] = [];
  const cannot = unrepresentableIn(profile, issues);
  const text = write(profile, format, target, (message, hint, ...path) =>
    cannot(`${FORMAT_WORDS[format]} cannot say this: ${message}`, hint, ...path),
  );
  if (issues.length > 0) throw new ProfileError('PROFILE_INVALID', issues, profile.source);
  return text;
}

/**
 * What an engine that reads a format may do otherwise than the profile says, by its version; docs/runtimes.md has what
 * was run.
 */
export function writeWarnings({ seccomp, locate }: ParsedProfile, format: OutputFormat): readonly Warning[] {
  const { listenerPath, listenerMetadata, flags } = seccomp;
  if (format !== 'docker') return [];
  const warnings: Warning[] = [];
  const warn = (code: string, message: string, key: string) => warnings.push({ code, message, ...locate(key) });
  const newer = 'newer releases pass it on to the runtime (read)';
  if (listenerPath) {
    const old = 'Docker Engine 20.10.24 does not, and the container does not start (run)';
    warn('docker-listener', `${newer}; ${old}`, 'listenerPath');
  } else if (listenerMetadata) {
    warn('docker-listener', `${newer}; Docker Engine 20.10.24 does not (run)`, 'listenerMetadata');
  }
  if (flags?.length) {
    warn('docker-flags', `${newer}; Docker Engine 20.10.24 drops it, and the container starts without (run)`, 'flags');
  }
  return warnings;
}

const FORMAT_WORDS: Readonly<Record<OutputFormat, string>> = {
  oci: "OCI's format",
  docker: "Docker's format",
  spo: 'a SeccompProfile',
  list: 'a list',
};

function write(
  profile: ParsedProfile,
  format: OutputFormat,
  { arch, capabilities, kernel, name }: WriteTarget,
  cannot: ReturnType<typeof unrepresentableIn>,
): string {
  if (arch === undefined && (capabilities?.length || kernel !== undefined)) {
    throw new InvalidArgumentError('capabilities and a kernel decide entries for a target: name its architecture too');
  }
  const resolved =
    arch === undefined ? undefined : resolvedSection(profile, { arch: parseArchitecture(arch), capabilities, kernel });
  const { seccomp, inheritsDefault } = profile;
  if (format === 'list') return writeList(resolved ?? seccomp, cannot, resolved ? false : inheritsDefault);
  if (format === 'docker') return writeDocker(resolved ?? seccomp, cannot);
  // Only the operator's own profiles extend by union, as the operator does.
  const isOwnBase = profile.format === 'spo' && format === 'spo';
  if (!resolved && seccomp.extends && !isOwnBase) cannotExtend(cannot);
  const section = resolved ?? unresolvedSection(profile, cannot);
  if (format === 'oci') return formatExactJson(section);
  const base = resolved ? undefined : (seccomp.extends ?? undefined);
  return writeSpo(section, cannot, { name: name ?? profile.name ?? baseName(profile.source), base });
}

function cannotExtend(cannot: ReturnType<typeof unrepresentableIn>): void {
  cannot('"extends"', 'choose the target (--arch) to have both in one', 'extends');
}

function baseName(source: string | undefined): string {
  return (source ?? 'profile').replace(/^.*[\\/]/, '').replace(/\.\w+$/, '');
}

/** Docker's and Podman's JSON. An errno whose number differs is written twice: by name, for
 * Podman, and by x86_64's number, for Docker, which reads no names. */
function writeDocker(seccomp: DockerSeccomp, cannot: ReturnType<typeof unrepresentableIn>): string {
  if (seccomp.extends) cannotExtend(cannot);
  const { defaultAction, defaultErrno, defaultErrnoRet, architectures, archMap, flags, syscalls } = seccomp;
  const { listenerPath, listenerMetadata } = seccomp;
  return formatExactJson({
    defaultAction,
    ...errnoKeys(
      plainErrno(defaultAction, defaultErrno, defaultErrnoRet),
      defaultErrno,
      'defaultErrnoRet',
      'defaultErrno',
    ),
    ...(architectures?.length ? { architectures } : {}),
    ...(archMap?.length ? { archMap } : {}),
    ...(flags ? { flags } : {}),
    ...(listenerPath ? { listenerPath } : {}),
    ...(listenerMetadata ? { listenerMetadata } : {}),
    syscalls: (syscalls ?? []).map((entry) => {
      const { name, names, action, errno, errnoRet, args, comment, includes, excludes } = entry;
      return {
        names: name ? [name] : names,
        action,
        ...errnoKeys(plainErrno(action, errno, errnoRet), errno, 'errnoRet', 'errno'),
        ...(args?.length ? { args } : {}),
        ...(typeof comment === 'string' ? { comment } : {}),
        ...(isConditional({ ...entry, excludes: undefined }) ? { includes } : {}),
        ...(isConditional({ ...entry, includes: undefined }) ? { excludes } : {}),
      };
    }),
  });
}

function errnoKeys(
  number: bigint | 'differs' | undefined,
  name: string | null | undefined,
  numberKey: string,
  nameKey: string,
) {
  if (number !== 'differs') return { [numberKey]: number };
  const usual = errnoNumber(name as string, 'x86_64');
  return { [numberKey]: usual === undefined ? undefined : BigInt(usual), [nameKey]: name as string };
}
