import type { ArchitectureName } from '../architecture.js';
import { errnoNumber } from '../errno.js';
import type { Warning } from '../policy.js';
import { describeMask, describeValue } from '../syscalls/constants.js';
import { syscallSignature } from '../syscalls/signature.js';
import { groupCalls } from './call-groups.js';
import { learnedArguments, narrowArguments } from './learned-arguments.js';
import type { ObservedArgument, ObservedCall } from './observations.js';

/** One way to call a system call that is to be allowed. */
export interface LearnedRule {
  readonly name: string;
  /** All must hold; none: for all arguments. */
  readonly args: readonly ObservedArgument[];
  /** The first it was seen on, whose constants the comment has. */
  readonly architecture: ArchitectureName;
}

/** An entry of `syscalls`, as `readProfile` takes it. */
export interface LearnedEntry {
  names: string[];
  action: 'SCMP_ACT_ALLOW' | 'SCMP_ACT_ERRNO';
  errnoRet?: bigint;
  args?: { index: bigint; value: bigint; valueTwo?: bigint; op: 'SCMP_CMP_EQ' | 'SCMP_CMP_MASKED_EQ' }[];
  comment: string;
}

const ALL_64_BITS = (1n << 64n) - 1n;
/** It is in every comment: profiles are split and merged, and this has to stay with each part. */
const CAVEAT = 'observed, not complete';

/**
 * The fewest rules that allow all that was seen. A rule of a profile counts on all of its architectures: where they have
 * an argument in different places there is a rule for each.
 */
export function learnedRules(calls: readonly ObservedCall[], withArguments: boolean): LearnedRule[] {
  const byName = new Map<string, LearnedRule[]>();
  for (const { name, architecture, args } of calls) {
    const masks = withArguments ? learnedArguments(name, architecture) : [];
    const rule = { name, architecture, args: narrowArguments(args, masks) };
    const others = byName.get(name) ?? [];
    if (others.some((other) => covers(other, rule))) continue;
    byName.set(name, [...others.filter((other) => !covers(rule, other)), rule]);
  }
  return [...byName.values()].flat();
}

/** Whether a rule allows all that another does. */
function covers(wide: LearnedRule, narrow: LearnedRule): boolean {
  return wide.args.every(({ index, mask, value }) =>
    narrow.args.some((other) => other.index === index && (mask & ~other.mask) === 0n && (other.value & mask) === value),
  );
}

/**
 * Rules with clone instead of clone3, which has its flags in memory: allowing it would allow every namespace that the
 * condition on clone denies. Undefined where there is no clone3, or where clone is allowed with all flags.
 */
export function cloneForClone3(rules: readonly LearnedRule[]): LearnedRule[] | undefined {
  const clone3 = rules.find(({ name }) => name === 'clone3');
  if (!clone3) return undefined;
  const { architecture } = clone3;
  const masks = learnedArguments('clone', architecture);
  const clone = { name: 'clone', architecture, args: masks.map((mask) => ({ ...mask, value: 0n })) };
  const isWhole = masks.length === 0 || rules.some(({ name, args }) => name === 'clone' && args.length === 0);
  if (isWhole) return undefined;
  const others = rules.filter(({ name }) => name !== 'clone3');
  return others.some((rule) => rule.name === 'clone' && covers(rule, clone)) ? others : [...others, clone];
}

/**
 * The answer for clone3 beside conditions on clone: glibc and musl call clone after ENOSYS, and after no other errno.
 */
export function clone3Entry(architecture: ArchitectureName): LearnedEntry {
  return {
    names: ['clone3'],
    action: 'SCMP_ACT_ERRNO',
    errnoRet: BigInt(errnoNumber('ENOSYS', architecture) as number),
    comment:
      'Observed, and answered with ENOSYS: clone3 has its flags in memory, where no filter sees them; the C library then calls clone, whose flags are compared',
  };
}

/** What readers of the profile should know about {@link clone3Entry}. */
export const CLONE3_WARNING: Warning = {
  code: 'clone3-enosys',
  message:
    'clone3 was called, and no filter sees its flags: it answers ENOSYS, so that the C library calls clone, whose flags are compared. That does not allow the namespaces that clone3 made',
};

/** Who made the calls of a rule, for its comment; undefined where that is not known. */
export type DescribeOrigin = (rule: LearnedRule) => string | undefined;

/** Rules as entries of a profile, grouped by the purpose of the calls; those with conditions separately. */
export function learnedEntries(
  rules: readonly LearnedRule[],
  originOf: DescribeOrigin = () => undefined,
): LearnedEntry[] {
  const byName = new Map<string, LearnedRule[]>();
  for (const rule of rules) byName.set(rule.name, [...(byName.get(rule.name) ?? []), rule]);
  const originLine = (of: readonly LearnedRule[]): string[] => {
    const rule = of.find(({ args }) => args.length === 0) ?? of[0]!;
    const origin = originOf(rule);
    return origin === undefined ? [] : [`\n${rule.name}: ${origin}`];
  };
  const isPlain = (name: string) => byName.get(name)!.some(({ args }) => args.length === 0);

  return groupCalls(byName.keys()).flatMap(({ title, names }): LearnedEntry[] => {
    const plain = names.filter(isPlain);
    const conditional = names.filter((name) => !isPlain(name)).flatMap((name) => byName.get(name)!);
    const entry = (of: readonly string[], comment: string): LearnedEntry => ({
      names: [...of],
      action: 'SCMP_ACT_ALLOW',
      comment: `${title} (${CAVEAT})${comment}`,
    });
    return [
      ...(plain.length > 0 ? [entry(plain, plain.flatMap((name) => originLine(byName.get(name)!)).join(''))] : []),
      ...conditional.map((rule) => ({
        ...entry([rule.name], `: ${describeRule(rule)}${originLine([rule]).join('')}`),
        args: rule.args.map(conditionOf),
      })),
    ];
  });
}

function conditionOf({ index, mask, value }: ObservedArgument): NonNullable<LearnedEntry['args']>[number] {
  return mask === ALL_64_BITS
    ? { index: BigInt(index), value, op: 'SCMP_CMP_EQ' }
    : { index: BigInt(index), value: mask, valueTwo: value, op: 'SCMP_CMP_MASKED_EQ' };
}

/** `socket(domain == AF_UNIX, type & 0xf == SOCK_STREAM)` */
export function describeRule({ name, args, architecture }: LearnedRule): string {
  const parameters = syscallSignature(name, architecture) ?? [];
  const conditions = args.map(({ index, mask, value }) => {
    const parameter = parameters[index];
    const family = parameter?.constants;
    const text = (number: bigint) => (family ? describeValue(family, number, architecture) : `${number}`);
    const isWhole = mask === ALL_64_BITS || mask === (1n << BigInt(parameter?.bits ?? 64)) - 1n;
    const masked = isWhole ? '' : ` & ${family ? describeMask(family, mask, architecture) : mask}`;
    return `${parameter?.name ?? `arg${index}`}${masked} == ${masked && value === 0n ? '0' : text(value)}`;
  });
  return `${name}(${conditions.join(', ')})`;
}
