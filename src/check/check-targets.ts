import {
  ARCHITECTURES,
  type Architecture,
  type ArchitectureName,
  findArchitecture,
  parseArchitecture,
} from '../architecture.js';
import { COMPILE_OPTIONS } from '../compiler/compile-policy.js';
import { behaviourOf } from '../compiler/runtime.js';
import type { TargetReport } from '../compose/targets/report.js';
import { TARGETS, type TargetName } from '../compose/targets/target.js';
import { InvalidArgumentError } from '../errors.js';
import { parseRelease } from '../kernel-version.js';
import { nearestName } from '../nearest-name.js';
import { LIST, type OptionTable, TEXT } from '../options.js';
import type { AdviceWording } from '../profile/formats/advice.js';
import type { ProfileFormat } from '../profile/formats/index.js';
import { checkParsedProfile, type ParsedProfile } from '../profile/model/parsed-profile.js';
import { dependentEntries, USUAL_CAPABILITIES, withAndWithout } from '../profile/resolve/assumed-capabilities.js';
import { printable, quote } from '../text.js';
import { type CheckContext, contextOf } from './context.js';
import type { CheckReport, Finding, HostDifference } from './finding.js';
import { ignoredIds } from './ignore-comment.js';
import { type EditorOf, editorWhenAsked } from './profile-editor.js';
import { CHECK_RULE_IDS, CHECK_RULES } from './registry.js';
import type { CheckRule, RuleFinding } from './rule.js';
import { type CheckedTarget, type TargetOptions, targetOf } from './target.js';

export interface CheckOptions extends TargetOptions {
  /** The machines to check it for, by any name. Default: {@link defaultTargets}. */
  targets?: readonly (Architecture | ArchitectureName | (string & {}))[] | undefined;
  /**
   * What gets the file as it is: a container engine, systemd, or Kubernetes' runtimes as an artifact. What it refuses or
   * ignores is a finding then, and the report says what it adds.
   */
  engine?: TargetName | undefined;
  /** Findings to ignore, by id. An unknown id is an InvalidArgumentError. */
  ignore?: readonly string[] | undefined;
  /** The text that the profile was read from, with or without its byte order mark. Fixes are offered for it. */
  text?: string | undefined;
}

const {
  arch: _arch,
  source: _source,
  pfc: _pfc,
  unknownSyscall: _unknownSyscall,
  fallback: _fallback,
  weights: _weights,
  minimizer: _minimizer,
  ...TARGET_OPTIONS
} = COMPILE_OPTIONS;

/** The values of {@link CheckOptions}. */
export const CHECK_OPTIONS: OptionTable<CheckOptions> = {
  ...TARGET_OPTIONS,
  optimize: [0, 1, 2],
  targets: [LIST],
  engine: TARGETS,
  ignore: [LIST],
  text: [TEXT],
};

type PartOf<T> = (profile: ParsedProfile, targets: readonly CheckedTarget[], options: CheckOptions) => T | undefined;

/** What a check says and edits in the formats of a profile and its bases. */
export interface FormatParts {
  adviceOf(format: ProfileFormat): AdviceWording;
  editorOf: EditorOf;
}

/** What a check has beside its rules. The playground loads only what it asks for. */
export interface CheckParts extends FormatParts {
  /** What the engine of {@link CheckOptions} does with the profile. */
  reportOf?: PartOf<TargetReport> | undefined;
  /** What the profile does on the host of the options otherwise than here; undefined where they name none. */
  hostOf?: PartOf<readonly HostDifference[]>;
}

/** As `checkProfile`, with options that were checked and the {@link checkedTargets} of the profile. */
export function checkTargets(
  profile: ParsedProfile,
  targets: readonly CheckedTarget[],
  options: CheckOptions,
  parts: CheckParts,
): CheckReport {
  const { ignore = [], text } = options;
  const { adviceOf, editorOf, reportOf } = parts;
  const report = reportOf?.(profile, targets, options);
  const host = parts.hostOf?.(profile, targets, options);
  const context = contextOf(profile, targets, {
    behaviour: behaviourOf(options),
    kernel: options.kernel === undefined ? undefined : parseRelease(options.kernel),
    libseccompVersion: options.libseccompVersion,
    libseccomp: options.libseccomp,
    terms: adviceOf(profile.format),
    ruleIds: CHECK_RULE_IDS,
    raw: text,
    report,
    text: text === undefined ? undefined : editorWhenAsked(() => editorOf(profile, text.replace(/^\uFEFF/, ''))),
  });

  const own = allFindings(context, adviceOf).sort(byPosition);
  const usual = options.capabilities === undefined ? usualTargets(profile, targets, options) : targets;
  const isAlike = usual.every((target, index) => target === targets[index]);
  const findings = isAlike
    ? own
    : compareWithUsual(own, checkTargets(profile, usual, asUsual(options), { adviceOf, editorOf, reportOf }));
  const isIgnored = ignoring(context, new Set(ignore));
  return {
    findings: findings.filter((finding) => !isIgnored(finding)),
    ignored: findings.filter(isIgnored),
    ...(report ? { target: report } : {}),
    ...(host ? { host } : {}),
  };
}

/**
 * The findings, each with advice in the words of its file's format; a base may have another format than the profile.
 */
function allFindings(context: CheckContext, adviceOf: FormatParts['adviceOf']): Finding[] {
  const { profile, terms } = context;
  const inTerms = (each: CheckContext['terms']) =>
    CHECK_RULES.flatMap((rule) => findingsOf(rule, { ...context, terms: each }));
  const baseTerms = new Map([...(profile.baseFormats ?? [])].map(([source, format]) => [source, adviceOf(format)]));
  const termsAt = ({ source }: Finding) => (source === profile.source ? terms : (baseTerms.get(source) ?? terms));
  return [...new Set([terms, ...baseTerms.values()])].flatMap((each) =>
    inTerms(each).filter((finding) => termsAt(finding) === each),
  );
}

const asUsual = (options: CheckOptions): CheckOptions => ({
  ...options,
  ignore: [],
  capabilities: USUAL_CAPABILITIES,
});

/** The targets with Docker's default capabilities, which are the same ones where no entry depends on them. */
function usualTargets(
  profile: ParsedProfile,
  targets: readonly CheckedTarget[],
  options: CheckOptions,
): readonly CheckedTarget[] {
  return targets.map((target) => {
    const { architecture } = target;
    const entries = dependentEntries(profile, { arch: architecture, kernel: options.kernel });
    if (entries.length === 0) return target;
    const names = entries.flatMap((entry) => entry.names);
    return targetOf(profile, architecture, targetOptions(asUsual(options)), { target, names });
  });
}

/**
 * The findings, without and with Docker's default capabilities where the caller named none. A finding that is there
 * only without them, or only with them, says so.
 */
function compareWithUsual(own: readonly Finding[], { findings, ignored }: CheckReport): Finding[] {
  const usual = [...findings, ...ignored];
  const keyOf = ({ id, severity, path, source, message }: Finding) =>
    JSON.stringify([id, severity, path, source, message]);
  const [ownKeys, usualKeys] = [new Set(own.map(keyOf)), new Set(usual.map(keyOf))];
  const said = (finding: Finding, words: string): Finding => ({ ...finding, message: `${finding.message} (${words})` });
  return [
    ...own.map((each) => (usualKeys.has(keyOf(each)) ? each : said(each, withAndWithout('so it is', 'not so')))),
    // With capabilities that were not asked for, it counts as advice.
    ...usual
      .filter((each) => !ownKeys.has(keyOf(each)))
      .map(({ fix: _fix, ...each }) => ({
        ...said(each, withAndWithout('not so', 'so it is')),
        severity: 'advice' as const,
      })),
  ].sort(byPosition);
}

/** The profile on every machine that it is checked for. */
export function checkedTargets(profile: ParsedProfile, options: CheckOptions): readonly CheckedTarget[] {
  const { targets: asked } = options;
  const architectures = asked?.length
    ? asked.map((each) => (typeof each === 'string' ? parseArchitecture(each) : each))
    : defaultTargets(profile);
  return [...new Set(architectures)].map((architecture) => targetOf(profile, architecture, targetOptions(options)));
}

export const targetOptions = ({
  targets: _targets,
  ignore: _ignore,
  text: _text,
  engine: _engine,
  ...rest
}: CheckOptions) => rest;

/**
 * The machines that a profile is for, if the caller names none. They are those of `archMap`, else the 64-bit ones of
 * `architectures`, or all of them if none has 64 bits. A profile that names none is for x86_64 and aarch64, where most
 * are run.
 *
 * @throws nothing: names that nobody knows are left out
 *
 * @example
 * ```js
 * import { readProfile } from 'libseccomp-wasm/profile';
 * import { defaultTargets } from 'libseccomp-wasm/check';
 *
 * const profile = readProfile({ defaultAction: 'SCMP_ACT_ALLOW', architectures: ['SCMP_ARCH_RISCV64'] });
 * console.log(defaultTargets(profile).map(({ name }) => name)); // [ 'riscv64' ]
 * ```
 */
export function defaultTargets(profile: ParsedProfile): readonly Architecture[] {
  checkParsedProfile('defaultTargets', profile);
  const { archMap, architectures } = profile.seccomp;
  const named = (archMap ?? [])
    .map(({ architecture }) => architecture)
    .concat(archMap?.length ? [] : (architectures ?? []));
  const known = named.flatMap((name) => findArchitecture(name) ?? []);
  const usual = ARCHITECTURES.filter(({ name }) => name === 'x86_64' || name === 'aarch64');
  if (known.length === 0) return usual;
  const wide = known.filter(({ wordSize }) => wordSize === 64);
  return archMap?.length || wide.length === 0 ? known : wide;
}

/** Check an id of `ignore`. */
export function checkId(id: string): void {
  if (CHECK_RULE_IDS.has(id)) return;
  const nearest = nearestName(id, CHECK_RULE_IDS);
  throw new InvalidArgumentError(
    `there is no finding ${quote(id)} to ignore; ${nearest === undefined ? 'docs/check.md and docs/programs.md list them' : `did you mean ${nearest}?`}`,
  );
}

function findingsOf(rule: CheckRule, context: CheckContext): Finding[] {
  const { targets, profile } = context;
  const finding = ({ place, message, advice, severity, fix }: RuleFinding): Finding => ({
    id: rule.id,
    severity: severity ?? rule.severity,
    path: place.path,
    position: place.position,
    source: place.source ?? profile.source ?? 'profile',
    message: printable(message),
    advice: printable(advice),
    ...(fix?.length ? { fix } : {}),
  });

  const merged = new Map<
    string,
    { finding: Finding; on: Set<ArchitectureName>; isPartial: boolean; targets: number }
  >();
  for (const target of targets) {
    const seen = new Set<string>();
    for (const problem of rule.checkTarget?.(target, context) ?? []) {
      const found = finding(problem);
      const key = JSON.stringify([found.source, found.path, found.severity, found.message]);
      const same = merged.get(key) ?? { finding: found, on: new Set(), isPartial: false, targets: 0 };
      merged.set(key, same);
      if (!seen.has(key)) same.targets++;
      seen.add(key);
      same.isPartial ||= problem.on !== undefined;
      for (const name of problem.on ?? [target.architecture.name]) same.on.add(name);
    }
  }
  const ofTargets = [...merged.values()].map((same) => {
    if (same.targets === targets.length && !same.isPartial) return same.finding;
    return { ...same.finding, message: `${same.finding.message} (on ${[...same.on].join(', ')})` };
  });
  return [...Array.from(rule.checkText?.(context) ?? [], finding), ...ofTargets];
}

/**
 * By file and by place in it. Findings without a place come first; those at the same place are in the order of the
 * rules.
 */
function byPosition(a: Finding, b: Finding): number {
  if (a.source !== b.source) return a.source < b.source ? -1 : 1;
  return (a.position?.offset ?? -1) - (b.position?.offset ?? -1);
}

/** Whether a finding was silenced, by the caller or by the comment of its entry. */
function ignoring({ entries }: CheckContext, ids: ReadonlySet<string>): (finding: Finding) => boolean {
  const byEntry = new Map(entries.map((entry) => [entry.place.path, ignoredIds(entry)]));
  // The entry is the longest part of the path that is one.
  const entryOf = (path: string) => /^(.*?syscalls\[\d+\])/.exec(path)?.[1];
  return ({ id, path }) => ids.has(id) || (byEntry.get(entryOf(path) ?? '')?.includes(id) ?? false);
}
