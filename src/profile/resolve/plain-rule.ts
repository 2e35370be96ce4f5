import { type Architecture, findArchitecture } from '../../architecture.js';
import type { Action, ArgumentCondition, CompareOperator, PolicyRule, SeccompPolicy } from '../../policy.js';
import type { Locate, Place } from '../model/parsed-profile.js';
import { type ActionName, type DockerSeccomp, NATIVE_ARCHITECTURE, type SeccompArgument } from '../model/schema.js';

/** EPERM: what runc and youki answer with where ERRNO or TRACE comes without `errnoRet`, and the spec's default. */
const DEFAULT_ERRNO = 1n;

type PolicyBase = Omit<SeccompPolicy, 'architectures' | 'rules'>;

/** What no condition of a profile changes. */
export function policyBase(seccomp: Omit<DockerSeccomp, 'syscalls'>, errno: bigint | null | undefined): PolicyBase {
  const { defaultAction, flags, listenerPath, listenerMetadata } = seccomp;
  return {
    defaultAction: actionOf(defaultAction, errno),
    flags: flags ? [...new Set(flags)] : undefined,
    listenerPath: listenerPath ?? undefined,
    listenerMetadata: listenerMetadata ?? undefined,
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
  args: readonly SeccompArgument[] | null | undefined,
  place: Place,
): PolicyRule {
  return { names, action, conditions: conditionsOf(args), ...place };
}

export function conditionsOf(args: readonly SeccompArgument[] | null | undefined): ArgumentCondition[] {
  return (args ?? []).map(conditionOf);
}

export function actionOf(name: ActionName, errno: bigint | null | undefined): Action {
  const data = Number(errno ?? DEFAULT_ERRNO);
  switch (name) {
    case 'SCMP_ACT_ERRNO':
      return { kind: 'ERRNO', data };
    case 'SCMP_ACT_TRACE':
      return { kind: 'TRACE', data };
    case 'SCMP_ACT_KILL':
    case 'SCMP_ACT_KILL_THREAD':
      return { kind: 'KILL_THREAD' };
    case 'SCMP_ACT_KILL_PROCESS':
      return { kind: 'KILL_PROCESS' };
    case 'SCMP_ACT_TRAP':
      return { kind: 'TRAP' };
    case 'SCMP_ACT_LOG':
      return { kind: 'LOG' };
    case 'SCMP_ACT_NOTIFY':
      return { kind: 'NOTIFY' };
    case 'SCMP_ACT_ALLOW':
      return { kind: 'ALLOW' };
  }
}

function conditionOf({ index, op, value, valueTwo }: SeccompArgument): ArgumentCondition {
  const operator = op.replace(/^SCMP_CMP_/, '') as CompareOperator;
  return { index: Number(index), op: operator, value, valueTwo: valueTwo ?? 0n };
}
