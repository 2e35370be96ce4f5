import { kindOfName, permits } from '../../action.js';
import { type ArchitectureName, findArchitecture } from '../../architecture.js';
import { InvalidArgumentError } from '../../errors.js';
import type { Action } from '../../policy.js';
import { ProfileError, type ProfileIssueCode } from '../../profile/document/profile-error.js';
import type { ParsedProfile } from '../../profile/model/parsed-profile.js';
import { type DockerSyscall, NATIVE_ARCHITECTURE } from '../../profile/model/schema.js';
import { actionOf, conditionsOf } from '../../profile/resolve/plain-rule.js';
import { type ResolveOptions, resolvePolicy } from '../../profile/resolve/resolve-policy.js';
import { type Conditions, normalConditions } from './conditions.js';

/** What a recorded profile says was seen. */
export interface RecordedCalls {
  /** Those that the profile names; none: it names none. */
  readonly architectures: readonly ArchitectureName[];
  readonly calls: readonly RecordedCall[];
  /** Calls that an entry denies whatever their arguments, with the errno; undefined of another action. */
  readonly denied: ReadonlyMap<string, number | undefined>;
  /** Calls that are allowed and denied under conditions: what was seen of them is not known. */
  readonly unclear: readonly string[];
}

export interface RecordedCall {
  readonly name: string;
  readonly conditions: Conditions;
}

const NO_CONDITIONS: Conditions = [];

/**
 * The calls that a profile allows by name, with which arguments. The target is for conditional entries.
 *
 * @throws {ProfileError} `no-recording`, when its default allows calls that were not seen; `extends-open`
 */
export function recordedCalls(profile: ParsedProfile, target: ResolveOptions | undefined): RecordedCalls {
  const { seccomp } = profile;
  if (seccomp.extends) {
    throw fail(profile, 'extends-open', `it extends ${seccomp.extends}: a recording has all that was seen`, 'extends');
  }
  if (permits({ kind: kindOfName(seccomp.defaultAction) })) {
    const message = `${seccomp.defaultAction} allows calls that nobody saw: this is no recording of what was`;
    throw fail(profile, 'no-recording', message, 'defaultAction');
  }
  const isPlain = !seccomp.archMap?.length && (seccomp.syscalls ?? []).every((entry) => !dependsOnTarget(entry));
  if (isPlain) return plainCalls(profile);
  if (!target)
    throw new InvalidArgumentError('a profile with conditional entries: name the target that they are decided for');
  return resolvedCalls(profile, target);
}

function fail(profile: ParsedProfile, code: ProfileIssueCode, message: string, path: string): ProfileError {
  return new ProfileError('PROFILE_INVALID', [{ code, message, ...profile.locate(path) }], profile.source);
}

function dependsOnTarget({ includes, excludes, abis, errno }: DockerSyscall): boolean {
  return Boolean(includes || excludes || abis || errno);
}

function plainCalls({ seccomp }: ParsedProfile): RecordedCalls {
  const collected = new Collected();
  for (const { name, names, action, errnoRet, args } of seccomp.syscalls ?? []) {
    collected.add(name ? [name] : (names ?? []), actionOf(action, errnoRet), conditionsOf(args));
  }
  const architectures = (seccomp.architectures ?? []).flatMap((name): ArchitectureName[] => {
    const known = name === NATIVE_ARCHITECTURE ? undefined : findArchitecture(name);
    return known ? [known.name] : [];
  });
  return { architectures, ...collected.result() };
}

function resolvedCalls(profile: ParsedProfile, target: ResolveOptions): RecordedCalls {
  const { policy } = resolvePolicy(profile, target);
  const collected = new Collected();
  for (const { names, action, conditions } of policy.rules) {
    collected.add(
      names.map(({ name }) => name),
      action,
      conditions,
    );
  }
  const named = policy.architectures.map(({ architecture }) => architecture.name);
  return { architectures: [...new Set([target.arch.name, ...named])], ...collected.result() };
}

/** Where an argument has several conditions, runtimes make one rule of each, which means "or". */
function alternatives(conditions: Conditions): readonly Conditions[] {
  if (conditions.length === 0) return [NO_CONDITIONS];
  const isRepeated = new Set(conditions.map(({ index }) => index)).size < conditions.length;
  return isRepeated ? conditions.map((each) => normalConditions([each])) : [normalConditions(conditions)];
}

/** What the entries of one profile come to: a rule without conditions decides alone, as libseccomp has it. */
class Collected {
  readonly #calls: RecordedCall[] = [];
  readonly #whole = new Set<string>();
  readonly #denied = new Map<string, number | undefined>();
  readonly #partlyDenied = new Set<string>();

  add(names: readonly string[], action: Action, conditions: Conditions): void {
    if (permits(action)) this.#allow(names, conditions);
    else this.#deny(names, action.kind === 'ERRNO' ? action.data : undefined, conditions);
  }

  #allow(names: readonly string[], conditions: Conditions): void {
    for (const each of alternatives(conditions)) for (const name of names) this.#calls.push({ name, conditions: each });
    if (conditions.length === 0) for (const name of names) this.#whole.add(name);
  }

  #deny(names: readonly string[], errno: number | undefined, conditions: Conditions): void {
    for (const name of names) {
      if (conditions.length === 0) this.#denied.set(name, errno);
      else this.#partlyDenied.add(name);
    }
  }

  result(): Pick<RecordedCalls, 'calls' | 'denied' | 'unclear'> {
    if (this.#denied.size + this.#partlyDenied.size === 0) {
      return { calls: this.#calls, denied: this.#denied, unclear: [] };
    }
    const isUnclear = (name: string) => this.#partlyDenied.has(name) && !this.#whole.has(name);
    const calls = this.#calls.filter(({ name }) => !this.#denied.has(name) && !isUnclear(name));
    const unclear = new Set(
      this.#calls.flatMap(({ name }) => (isUnclear(name) && !this.#denied.has(name) ? [name] : [])),
    );
    return { calls, denied: this.#denied, unclear: [...unclear] };
  }
}
