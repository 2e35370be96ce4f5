import { findArchitecture } from '../../../architecture.js';
import { quote } from '../../../text.js';
import { dockerArchitecture, dockerNames } from '../../model/conditional-entry.js';
import type { DockerSeccomp, DockerSyscall, SeccompArgument } from '../../model/schema.js';
import type { Draft } from '../handler.js';
import { cannotExtend, plainErrno, type Unrepresentable } from '../plain-section.js';
import { commentLines, valueText } from '../written-text.js';
import { ARCH_MAP, abisOf, filteredOn, hasRule, SECTIONS } from './architectures.js';
import { forcedUmount, REJECT_FORCE_UMOUNT } from './read.js';

const OPERATORS = { NE: '!=', LT: '<', LE: '<=', EQ: '==', GE: '>=', GT: '>' } as const;
const CHOOSE = 'choose the target (--arch) to have it decided';

type Errno = Pick<DockerSyscall, 'action' | 'errno' | 'errnoRet'>;

/**
 * A profile as an LXC policy of version 2. LXC filters the other ABIs of the host alike, so the profile must have just
 * these. It makes no rule for calls that an ABI reaches through socketcall(2) or ipc(2).
 */
export function writeLxc({ profile, resolved, cannot }: Draft): string {
  const seccomp: DockerSeccomp = resolved ?? profile.seccomp;
  if (seccomp.extends) cannotExtend(cannot);
  for (const key of ['listenerPath', 'listenerMetadata'] as const) {
    if (seccomp[key]) cannot(quote(key), "LXC has it in the container's configuration: lxc.seccomp.notify.proxy", key);
  }
  if (seccomp.flags?.length) cannot('flags', 'LXC loads a filter without flags', 'flags');
  checkArchitectures(seccomp, resolved !== undefined, cannot);
  const { defaultAction, defaultErrno, defaultErrnoRet } = seccomp;
  const byDefault = actionText(
    { action: defaultAction, errno: defaultErrno, errnoRet: defaultErrnoRet },
    cannot,
    'defaultAction',
  );
  const isDenyList = byDefault === 'allow';
  const lines = ['2', isDenyList ? 'denylist' : byDefault === 'kill' ? 'allowlist' : `allowlist ${byDefault}`];
  const usual = isDenyList ? 'kill' : 'allow';
  let section = '';
  (seccomp.syscalls ?? []).forEach((entry, index) => {
    const report: Unrepresentable = (message, hint, ...path) => cannot(message, hint, 'syscalls', index, ...path);
    const action = actionText(entry, report);
    // LXC refuses a rule with the default's action, and libseccomp makes none of it.
    if (action === byDefault) return;
    const wanted = sectionOf(entry, report);
    const written = lxcLines(entry, action, usual);
    checkNames(entry, resolved?.architectures, report);
    if (wanted !== section) lines.push(`[${wanted}]`);
    section = wanted;
    lines.push(...commentLines(entry.comment), ...written);
  });
  return `${lines.join('\n')}\n`;
}

/** An entry as somebody is to add it. */
export function lxcLine(entry: DockerSyscall): string {
  return lxcLines(
    entry,
    actionText(entry, () => undefined),
    'allow',
  ).join('\n');
}

/** The lines of an entry: one for each of its names, and of conditions on one argument. */
function lxcLines(
  { names, name, args, action: kind, errnoRet }: DockerSyscall,
  action: string,
  usual: string,
): string[] {
  const forced = forcedUmount();
  const isForced =
    kind === forced.action &&
    errnoRet === forced.errnoRet &&
    [name ?? names?.join()].join() === forced.names.join() &&
    args?.length === 1 &&
    conditionText(args[0]!) === conditionText(forced.args![0]!);
  if (isForced) return [REJECT_FORCE_UMOUNT];
  // Several conditions on one argument are alternatives (see splitRepeatedArguments in the compiler).
  const given = args ?? [];
  const isRepeated = new Set(given.map(({ index }) => index)).size < given.length;
  const alternatives = isRepeated ? given.map((argument) => [argument]) : [given];
  return alternatives.flatMap((conditions) =>
    (name ? [name] : (names ?? [])).map((each) => {
      const tail = conditions.map(conditionText).join('');
      if (tail === '') return action === usual ? each : `${each} ${action}`;
      return `${each} ${action} ${tail}`;
    }),
  );
}

function conditionText({ index, op, value, valueTwo }: SeccompArgument): string {
  if (op === 'SCMP_CMP_MASKED_EQ') return `[${index},${valueText((valueTwo ?? 0n) & value)},&=,${valueText(value)}]`;
  return `[${index},${valueText(value)},${OPERATORS[op.slice('SCMP_CMP_'.length) as keyof typeof OPERATORS]}]`;
}

function actionText({ action, errno, errnoRet }: Errno, cannot: Unrepresentable, ...path: string[]): string {
  switch (action) {
    case 'SCMP_ACT_KILL':
    case 'SCMP_ACT_KILL_THREAD':
      return 'kill';
    case 'SCMP_ACT_ALLOW':
      return 'allow';
    case 'SCMP_ACT_TRAP':
      return 'trap';
    case 'SCMP_ACT_NOTIFY':
      return 'notify';
    case 'SCMP_ACT_ERRNO': {
      const errnoOf = plainErrno(action, errno, errnoRet);
      if (errnoOf === 'differs') cannot(`${quote(errno!)} is not the same number everywhere`, CHOOSE, ...path);
      return `errno ${errnoOf === undefined || errnoOf === 'differs' ? 1 : errnoOf}`;
    }
    default:
      cannot(
        `the action ${action}`,
        action === 'SCMP_ACT_KILL_PROCESS' ? 'LXC kills the thread: SCMP_ACT_KILL_THREAD' : undefined,
        ...(path.length > 0 ? path : ['action']),
      );
      return action;
  }
}

/** LXC chooses the architectures by the host. */
function checkArchitectures({ architectures, archMap }: DockerSeccomp, isResolved: boolean, cannot: Unrepresentable) {
  if (!isResolved) {
    const isOurs =
      !architectures?.length &&
      archMap?.length === ARCH_MAP.length &&
      archMap.every(({ architecture, subArchitectures }, index) => {
        const theirs = ARCH_MAP[index]!;
        return architecture === theirs.architecture && subArchitectures?.join() === theirs.subArchitectures?.join();
      });
    if (!isOurs) cannot("other architectures than the host's, which LXC filters all", CHOOSE, 'architectures');
    return;
  }
  const names = (architectures ?? []).map((name) => findArchitecture(name)!.name);
  const host = names[0]!;
  if (![...SECTIONS.values()].flat().includes(host)) {
    cannot(`a filter for ${host}`, 'LXC knows no such host', 'architectures');
    return;
  }
  const filtered = filteredOn(host);
  const lacking = filtered.filter((name) => !names.includes(name));
  const extra = names.filter((name) => !filtered.includes(name));
  if (lacking.length > 0) {
    const hint = 'name them among the architectures, if their calls may be decided alike';
    cannot(`a filter without ${lacking.join(', ')}, which LXC filters beside ${host}`, hint, 'architectures');
  }
  if (extra.length > 0) cannot(`${extra.join(', ')} beside ${host}`, 'take it out', 'architectures');
}

/** The section whose hosts are those of an entry. */
function sectionOf({ includes, excludes }: DockerSyscall, cannot: Unrepresentable): string {
  const others = [includes?.caps?.length, includes?.minKernel, excludes?.arches?.length, excludes?.caps?.length];
  if ([...others, excludes?.minKernel].some(Boolean)) {
    cannot('a conditional entry', 'choose the target (--arch, --cap, --kernel) to have it decided');
    return 'all';
  }
  if (!includes?.arches?.length) return 'all';
  const key = (names: readonly string[]) => [...new Set(names.map(dockerArchitecture))].sort().join();
  const wanted = key(includes.arches);
  for (const [name, hosts] of SECTIONS) {
    if (key(hosts.flatMap((host) => dockerNames(findArchitecture(host)!))) === wanted) return name;
  }
  cannot('an entry for other hosts than a section of LXC has', CHOOSE, 'includes', 'arches');
  return 'all';
}

function checkNames(
  entry: DockerSyscall,
  architectures: readonly string[] | null | undefined,
  cannot: Unrepresentable,
) {
  const names = entry.name ? [entry.name] : (entry.names ?? []);
  const filtered = architectures?.map((name) => findArchitecture(name)!);
  names.forEach((name, index) => {
    if (!/^[A-Za-z_]\w*$/.test(name) || name.startsWith(REJECT_FORCE_UMOUNT)) {
      cannot(`the name ${quote(name)}`, undefined, 'names', index);
      return;
    }
    const differs = filtered
      ? filtered.filter((each) => (entry.abis?.includes(each.ociName) ?? true) !== hasRule(name, each.name))
      : [];
    const isOther = filtered ? differs.length > 0 : entry.abis?.join() !== abisOf(name)?.join();
    if (!isOther) return;
    const where = filtered ? differs.map((each) => each.name).join(', ') : 'x86';
    const hint = 'name the multiplexer (socketcall, ipc) instead, of which LXC makes a rule';
    cannot(`${name} on ${where}, where LXC makes no rule of a call behind a multiplexer`, hint, 'names', index);
  });
  const isNarrow = filtered?.some(({ wordSize }) => wordSize === 32) ?? true;
  const isWide = ({ op, value, valueTwo }: SeccompArgument) =>
    (op === 'SCMP_CMP_MASKED_EQ' ? (valueTwo ?? 0n) & value : value) > 0xffffffffn;
  if (isNarrow && entry.args?.some(isWide)) {
    cannot('a value of more than 32 bits: the other ABIs of the host have 32', CHOOSE, 'args');
  }
}
