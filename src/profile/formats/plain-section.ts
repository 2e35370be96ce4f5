import { type ActionName, errnoRetOf, nameOfKind, takesErrnoRet } from '../../action.js';
import { ARCHITECTURES, type Architecture } from '../../architecture.js';
import { errnoNumber } from '../../errno.js';
import type { Action, PolicyRule } from '../../policy.js';
import { quote } from '../../text.js';
import type { ProfileIssue } from '../document/profile-error.js';
import type { ParsedProfile } from '../model/parsed-profile.js';
import type { DockerSeccomp, DockerSyscall, OciSeccomp, OciSyscall } from '../model/schema.js';
import { argumentsOf } from '../resolve/plain-rule.js';
import { type ResolveOptions, resolve } from '../resolve/resolve-policy.js';

/** Something that a format cannot express, at its place in the profile. */
export type Unrepresentable = (message: string, hint: string | undefined, ...path: (string | number)[]) => void;

/** Collect what a format cannot express, as issues of the profile. */
export function unrepresentableIn({ locate }: ParsedProfile, issues: ProfileIssue[]): Unrepresentable {
  return (message, hint, ...path) => {
    issues.push({ code: 'not-in-format', message, hint, ...locate(...path) });
  };
}

/** Only the list and the operator's format extend other profiles; the others need a target. */
export function cannotExtend(cannot: Unrepresentable): void {
  cannot('"extends"', 'choose the target (--arch) to have both in one', 'extends');
}

/** Entries for some ABIs of the filter alone say which, where that is not all. TRAP has its data. */
export interface ResolvedSection extends OciSeccomp, Pick<DockerSeccomp, 'defaultTrapData'> {
  syscalls: (OciSyscall & Pick<DockerSyscall, 'abis' | 'trapData' | 'comment'>)[];
}

/** A profile decided for a target, in the shape of the OCI runtime spec, and which of its entries are left. */
export function resolvedSection(
  profile: ParsedProfile,
  target: ResolveOptions,
): { section: ResolvedSection; indexes: readonly number[] } {
  const { policy, entries } = resolve(profile, target);
  const { defaultAction, architectures, flags, listenerPath, listenerMetadata } = policy;
  const rules = entries.flatMap(({ rule }, index) => (rule ? [{ rule, index }] : []));
  const defaultErrnoRet = errnoRetOf(defaultAction);
  const defaultTrapData = trapDataOf(defaultAction);
  const names = new Set([target.arch, ...architectures.map(({ architecture }) => architecture)]);
  const section = {
    defaultAction: nameOfKind(defaultAction.kind),
    ...(defaultErrnoRet === undefined ? {} : { defaultErrnoRet: BigInt(defaultErrnoRet) }),
    ...(defaultTrapData === undefined ? {} : { defaultTrapData }),
    architectures: [...names].map(({ ociName }) => ociName),
    ...(flags === undefined ? {} : { flags: [...flags] }),
    ...(listenerPath === undefined ? {} : { listenerPath }),
    ...(listenerMetadata === undefined ? {} : { listenerMetadata }),
    syscalls: rules.map(({ rule, index }) => {
      const comment = profile.seccomp.syscalls?.[index]?.comment;
      const abis = rule.abis?.map(({ ociName }) => ociName);
      const isPartial = abis && [...names].some(({ ociName }) => !abis.includes(ociName));
      const trapData = trapDataOf(rule.action);
      return {
        ...ociRule(rule),
        ...(isPartial ? { abis } : {}),
        ...(trapData === undefined ? {} : { trapData }),
        ...(comment === undefined ? {} : { comment }),
      };
    }),
  };
  return { section, indexes: rules.map(({ index }) => index) };
}

/** As the OCI runtime spec has it: a runtime knows no comments. */
export function withoutComments({ syscalls, ...section }: ResolvedSection): OciSeccomp {
  return { ...section, syscalls: syscalls.map(({ comment: _comment, ...entry }) => entry) };
}

const trapDataOf = (action: Action): bigint | undefined =>
  action.kind === 'TRAP' && action.data ? BigInt(action.data) : undefined;

function ociRule({ names, action, conditions }: PolicyRule): OciSyscall {
  const errnoRet = errnoRetOf(action);
  const args = argumentsOf(conditions);
  return {
    names: names.map(({ name }) => name),
    action: nameOfKind(action.kind),
    ...(errnoRet === undefined ? {} : { errnoRet: BigInt(errnoRet) }),
    ...(args.length > 0 ? { args } : {}),
  };
}

/**
 * A profile in the shape of the OCI runtime spec without a target. That is possible only if no entry has conditions and
 * no architecture depends on the target. Every errno name must also be the same number everywhere.
 */
export function unresolvedSection(profile: ParsedProfile, cannot: Unrepresentable): OciSeccomp {
  const { seccomp } = profile;
  const choose = 'choose the target (--arch, --cap, --kernel) to have it decided';
  if (seccomp.archMap?.length) cannot('architectures that depend on the target', choose, 'archMap');
  const { defaultAction, defaultErrno, defaultErrnoRet, architectures, flags, listenerPath, listenerMetadata } =
    seccomp;
  const errno = plainErrno(defaultAction, defaultErrno, defaultErrnoRet);
  if (errno === 'differs') cannot(`${quote(defaultErrno!)} is not the same number everywhere`, choose, 'defaultErrno');
  const syscalls = (seccomp.syscalls ?? []).map((entry, index): OciSyscall => {
    if (isConditional(entry)) cannot('a conditional entry', choose, 'syscalls', index);
    const errnoRet = plainErrno(entry.action, entry.errno, entry.errnoRet);
    if (errnoRet === 'differs') {
      cannot(`${quote(entry.errno!)} is not the same number everywhere`, choose, 'syscalls', index, 'errno');
    }
    return {
      names: entry.name ? [entry.name] : [...(entry.names ?? [])],
      action: entry.action,
      ...(typeof errnoRet === 'bigint' ? { errnoRet } : {}),
      ...(entry.args?.length ? { args: entry.args } : {}),
    };
  });
  return {
    defaultAction,
    ...(typeof errno === 'bigint' ? { defaultErrnoRet: errno } : {}),
    ...(architectures?.length ? { architectures } : {}),
    ...(flags ? { flags } : {}),
    ...(listenerPath ? { listenerPath } : {}),
    ...(listenerMetadata ? { listenerMetadata } : {}),
    syscalls,
  };
}

export function isConditional({ includes, excludes }: DockerSyscall): boolean {
  return [includes, excludes].some((clause) => clause?.arches?.length || clause?.caps?.length || clause?.minKernel);
}

/** The number that an action carries; a name wins over the number beside it. Actions without one have none. */
export function plainErrno(
  action: ActionName,
  name: string | null | undefined,
  number: bigint | null | undefined,
): bigint | 'differs' | undefined {
  if (!takesErrnoRet(action)) return undefined;
  if (!name) return number ?? undefined;
  if (/^\d+$/.test(name)) return BigInt(name);
  const numbers = new Set(ARCHITECTURES.map((architecture: Architecture) => errnoNumber(name, architecture.name)));
  const [only] = numbers;
  return numbers.size === 1 && only !== undefined ? BigInt(only) : 'differs';
}
