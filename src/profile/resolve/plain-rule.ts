import { type ActionName, kindOfName } from '../../action.js';
import { type Architecture, findArchitecture } from '../../architecture.js';
import { parseMinKernel } from '../../kernel-version.js';
import type { Action, ArgumentCondition, CompareOperator, PolicyRule, SeccompPolicy } from '../../policy.js';
import type { Locate, Place } from '../model/parsed-profile.js';
import { type DockerSeccomp, type DockerSyscall, NATIVE_ARCHITECTURE, type SeccompArgument } from '../model/schema.js';

/** EPERM: the answer of runc and youki where ERRNO or TRACE has no `errnoRet`, and the spec's default. */
const DEFAULT_ERRNO = 1n;

type PolicyBase = Omit<SeccompPolicy, 'architectures' | 'rules'>;

/** The parts of a policy that no condition of a profile changes. */
export function policyBase(seccomp: Omit<DockerSeccomp, 'syscalls'>, errno: bigint | null | undefined): PolicyBase {
  const { defaultAction, defaultTrapData, flags, listenerPath, listenerMetadata, enosysNewerThan } = seccomp;
  return {
    defaultAction: actionOf(defaultAction, errno, defaultTrapData),
    flags: flags ? [...new Set(flags)] : undefined,
    listenerPath: listenerPath ?? undefined,
    listenerMetadata: listenerMetadata ?? undefined,
    ...(enosysNewerThan ? { enosysNewerThan: parseMinKernel(enosysNewerThan) } : {}),
  };
}

export function listedArchitectures(
  { architectures }: Pick<DockerSeccomp, 'architectures'>,
  target: Architecture,
  locate: Locate,
): SeccompPolicy['architectures'] {
  return (architectures ?? []).map((name, index) => ({
    architecture: name === NATIVE_ARCHITECTURE ? target : findArchitecture(name)!,
    ...locate('architectures', index),
  }));
}

export function policyRule(
  names: PolicyRule['names'],
  action: Action,
  { args, abis, isUnlisted }: Pick<DockerSyscall, 'args' | 'abis' | 'isUnlisted'>,
  place: Place,
): PolicyRule {
  return {
    names,
    action,
    conditions: conditionsOf(args),
    ...(abis ? { abis: abis.map((name) => findArchitecture(name)!) } : {}),
    ...(isUnlisted ? { isUnlisted } : {}),
    ...place,
  };
}

export function conditionsOf(args: readonly SeccompArgument[] | null | undefined): ArgumentCondition[] {
  return (args ?? []).map(conditionOf);
}

/** As entries have them: the inverse of {@link conditionsOf}. */
export function argumentsOf(conditions: readonly ArgumentCondition[]): SeccompArgument[] {
  return conditions.map(({ index, op, value, valueTwo }) => {
    const argument = { index: BigInt(index), value, op: `SCMP_CMP_${op}` } as const;
    return op === 'MASKED_EQ' ? { ...argument, valueTwo } : argument;
  });
}

export function actionOf(name: ActionName, errno: bigint | null | undefined, trapData?: bigint | undefined): Action {
  const kind = kindOfName(name);
  if (kind === 'TRAP' && trapData) return { kind, data: Number(trapData) };
  return kind === 'ERRNO' || kind === 'TRACE' ? { kind, data: Number(errno ?? DEFAULT_ERRNO) } : { kind };
}

function conditionOf({ index, op, value, valueTwo }: SeccompArgument): ArgumentCondition {
  const operator = op.replace(/^SCMP_CMP_/, '') as CompareOperator;
  return { index: Number(index), op: operator, value, valueTwo: valueTwo ?? 0n };
}
