import { mayRun } from '../../action.js';
import { InvalidArgumentError } from '../../errors.js';
import { nearestName } from '../../nearest-name.js';
import { checkArgument, checkOptions, FUNCTION } from '../../options.js';
import type { Warning } from '../../policy.js';
import { quote } from '../../text.js';
import { BUILTIN_NAMES, BUILTIN_PREFIX } from '../builtin/names.js';
import { ProfileError, type ProfileIssue } from '../document/profile-error.js';
import { traitsOf } from '../formats/index.js';
import { checkParsedProfile, type Locate, type ParsedProfile } from '../model/parsed-profile.js';
import type { DockerSeccomp } from '../model/schema.js';
import { mergeEntries } from './extend-entries.js';
import { DEFAULT_OPERATOR, OPERATOR_VERSIONS, type OperatorVersion } from './operator-union.js';

/** How many profiles may extend one another in a chain. Nobody can follow a longer one. */
const MAX_CHAIN_LENGTH = 8;

/**
 * Finds the profile that another names in `extends`; undefined if there is none. `from` is the profile that names it.
 * `source` identifies a profile, so it should be one name for each (a resolved path).
 */
export type LoadBase = (name: string, from: ParsedProfile) => ParsedProfile | undefined;

export interface ExtendOptions {
  /**
   * The version of the Security Profiles Operator whose union of a SeccompProfile and its base is made. Default: 1.0.0.
   */
  operator?: OperatorVersion | undefined;
}

/**
 * A profile without `extends`: all that it extends, with its own changes (docs/extends.md has the rules). A profile
 * that extends nothing is returned as it is. Places in the result know their file.
 *
 * @throws {ProfileError} when a base is not found, or there is a cycle or a chain of more than eight profiles. It is
 * thrown too when a change removes nothing, or would let through calls that the profile itself does not allow.
 * @throws {InvalidArgumentError} when there is no such option, or it does not take the value
 *
 * @example
 * ```js
 * import { loadBuiltins } from 'libseccomp-wasm';
 * import { extendProfile, readProfile } from 'libseccomp-wasm/profile';
 *
 * const own = readProfile({ extends: 'no-network', syscalls: [{ names: ['ptrace'], action: 'SCMP_ACT_ERRNO' }] });
 * const whole = extendProfile(own, await loadBuiltins());
 * console.log(whole.seccomp.extends); // undefined
 * ```
 */
export function extendProfile(profile: ParsedProfile, loadBase: LoadBase, options: ExtendOptions = {}): ParsedProfile {
  checkOptions('extendProfile', options, { operator: OPERATOR_VERSIONS });
  checkParsedProfile('extendProfile', profile);
  checkArgument('extendProfile', 'loadBase', loadBase, FUNCTION);
  const { operator = DEFAULT_OPERATOR } = options;
  if (!OPERATOR_VERSIONS.includes(operator)) {
    const known = OPERATOR_VERSIONS.join(', ');
    throw new InvalidArgumentError(`unknown operator ${quote(String(operator))}; known are ${known}`);
  }
  return extend(profile, loadBase, [], operator);
}

function extend(
  profile: ParsedProfile,
  loadBase: LoadBase,
  chain: readonly ParsedProfile[],
  operator: OperatorVersion,
): ParsedProfile {
  const { seccomp, source, locate } = profile;
  const name = seccomp.extends;
  if (!name) return profile;
  const fail = (code: ProfileIssue['code'], message: string, hint?: string) =>
    new ProfileError('PROFILE_INVALID', [{ code, message, hint, ...locate('extends') }], source);

  const links = [...chain, profile];
  const base = loadBase(name, profile);
  if (!base) {
    const nearest = nearestName(name.slice(name.startsWith(BUILTIN_PREFIX) ? BUILTIN_PREFIX.length : 0), BUILTIN_NAMES);
    const hint = nearest && `did you mean ${BUILTIN_PREFIX}${nearest}?`;
    throw fail('extends-not-found', `there is no profile ${quote(name)} to extend`, hint);
  }
  if (links.some((link) => link === base || (link.source !== undefined && link.source === base.source))) {
    const path = [...links, base].map((link) => link.source ?? 'profile').join(' → ');
    throw fail('extends-cycle', `the profile extends itself: ${path}`);
  }
  if (links.length >= MAX_CHAIN_LENGTH)
    throw fail('extends-too-deep', `more than ${MAX_CHAIN_LENGTH} profiles in a chain`);
  return merge(profile, extend(base, loadBase, links, operator), operator);
}

const INHERITED = ['flags', 'listenerPath', 'listenerMetadata', 'enosysNewerThan'] as const;

function merge(own: ParsedProfile, base: ParsedProfile, operator: OperatorVersion): ParsedProfile {
  const union = traitsOf(own).extendsAs === 'operator' ? operator : undefined;
  const issues: ProfileIssue[] = [];
  const warnings: Warning[] = [];
  const fromBase = new Set<string | number>();
  const inherit = <K extends keyof DockerSeccomp>(...keys: readonly K[]): Pick<DockerSeccomp, K> => {
    for (const key of keys) fromBase.add(key);
    return Object.fromEntries(keys.map((key) => [key, base.seccomp[key]])) as Pick<DockerSeccomp, K>;
  };
  const baseLocate: Locate = (...path) => withSource(base.locate(...path), base.source);

  const { extends: _name, remove, ...kept } = own.seccomp;
  let seccomp: DockerSeccomp = kept;
  if (own.inheritsDefault) {
    for (const key of ['defaultErrnoRet', 'defaultErrno'] as const) {
      if (own.seccomp[key] === undefined || own.seccomp[key] === null) continue;
      const message = 'an errno for the default, and no default action';
      issues.push({
        code: 'default-errno-without-action',
        message,
        hint: 'give "defaultAction" too',
        ...own.locate(key),
      });
    }
    seccomp = { ...seccomp, ...inherit('defaultAction', 'defaultErrnoRet', 'defaultErrno', 'defaultTrapData') };
  } else if (!mayRun(base.seccomp.defaultAction) && mayRun(seccomp.defaultAction)) {
    const message = `${seccomp.defaultAction} would open all that ${base.source ?? 'the base'} leaves to its default, ${base.seccomp.defaultAction}`;
    issues.push({
      code: 'default-weakens',
      message,
      hint: 'take it out, to have the same',
      ...own.locate('defaultAction'),
    });
  }
  if (union === undefined) {
    if (!seccomp.architectures && !seccomp.archMap) seccomp = { ...seccomp, ...inherit('architectures', 'archMap') };
    for (const key of INHERITED) {
      if (seccomp[key] === undefined || seccomp[key] === null) seccomp = { ...seccomp, ...inherit(key) };
    }
  }

  const findings = { issues, warnings };
  const entries = mergeEntries({ own, base, baseLocate, defaultAction: seccomp.defaultAction, union, findings });
  if (issues.length > 0) throw new ProfileError('PROFILE_INVALID', issues, own.source);

  const { inheritsDefault: _inherits, ...rest } = own;
  const locate: Locate = (...path) => {
    const [key, index, ...inEntry] = path;
    const entry = key === 'syscalls' && typeof index === 'number' ? entries[index] : undefined;
    if (entry) return entry.locate(...inEntry);
    return key !== undefined && fromBase.has(key) ? baseLocate(...path) : own.locate(...path);
  };
  return {
    ...rest,
    seccomp: { ...seccomp, syscalls: entries.map(({ entry }) => entry) },
    baseFormats: new Map([...(base.baseFormats ?? []), [base.source ?? '', base.format]]),
    warnings: [...base.warnings.map((warning) => withSource(warning, base.source)), ...own.warnings, ...warnings],
    locate,
  };
}

function withSource<T extends { source?: string | undefined }>(place: T, source: string | undefined): T {
  return { ...place, source: place.source ?? source };
}
