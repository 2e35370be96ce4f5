import { findArchitecture } from '../../../architecture.js';
import { quote } from '../../../text.js';
import type { DockerSeccomp, DockerSyscall, SeccompArgument } from '../../model/schema.js';
import type { Draft } from '../handler.js';
import { cannotExtend, isConditional, plainErrno, type Unrepresentable } from '../plain-section.js';
import { commentLines } from '../written-text.js';
import { ARCH_MAP, filteredOn } from './architectures.js';
import { LOW_HALF_CALLS } from './constants.js';
import { EXPLICIT_DENIAL, IMPLICIT_DENIAL } from './read.js';

const SIGNS = { EQ: '', NE: '!', LT: '<', LE: '<=', GT: '>', GE: '>=' } as const;
const LOW_HALF = 0xffffffffn;
const CHOOSE = 'choose the target (--arch) to have it decided';

/** A profile as a template: allowed calls under a default of EPERM or LOG, and with `~` what EACCES answers. */
export function writeSnapd({ profile, resolved, cannot }: Draft): string {
  const seccomp: DockerSeccomp = resolved ?? profile.seccomp;
  if (seccomp.extends) cannotExtend(cannot);
  for (const key of ['listenerPath', 'listenerMetadata', 'flags'] as const) {
    if (seccomp[key]?.length) cannot(quote(key), undefined, key);
  }
  checkArchitectures(seccomp, resolved !== undefined, cannot);
  const entries = seccomp.syscalls ?? [];
  const lines = [...modeLines(seccomp, cannot)];
  const isComplain = seccomp.defaultAction === 'SCMP_ACT_LOG';
  entries.forEach((entry, index) => {
    const report: Unrepresentable = (message, hint, ...path) => cannot(message, hint, 'syscalls', index, ...path);
    if (isConditional(entry))
      report('a conditional entry', 'choose the target (--arch, --cap, --kernel) to have it decided');
    if (entry.action === seccomp.defaultAction && errnoOf(entry) === errnoOf(defaultEntry(seccomp))) return;
    const isDenied = entry.action === 'SCMP_ACT_ERRNO' && errnoOf(entry) === EXPLICIT_DENIAL;
    if (!isDenied && entry.action !== 'SCMP_ACT_ALLOW') {
      report(
        `the action ${entry.action}`,
        'snapd allows calls, and denies them with EPERM or, by "~", EACCES',
        'action',
      );
    }
    if (isComplain && isDenied)
      report('a denial beside a default of LOG', 'snapd would log all that is allowed', 'action');
    const isShared = (name: string) =>
      entries.some((other) => other !== entry && other.action !== entry.action && namesOf(other).includes(name));
    const texts = commentLines(entry.comment);
    namesOf(entry).forEach((name, position) => {
      if (!/^[A-Za-z_]\w*$/.test(name)) report(`the name ${quote(name)}`, undefined, 'names', position);
      // With conditions on both, which of the two decides is libseccomp's choice; snapd's is the denial.
      if (isDenied && entry.args?.length && isShared(name)) {
        report(`${name} is denied under conditions, and allowed by another entry`, CHOOSE, 'names', position);
      }
      texts.push(
        ...argumentLines(name, entry.args ?? [], report).map((args) => `${isDenied ? '~' : ''}${name}${args}`),
      );
    });
    lines.push(...texts);
  });
  return `${lines.join('\n')}\n`;
}

/** An entry as somebody is to add it. */
export function snapdLine(entry: DockerSyscall): string {
  const sign = entry.action === 'SCMP_ACT_ALLOW' ? '' : '~';
  return namesOf(entry)
    .flatMap((name) => argumentLines(name, entry.args ?? [], () => undefined).map((args) => `${sign}${name}${args}`))
    .join('\n');
}

const namesOf = ({ name, names }: DockerSyscall): readonly string[] => (name ? [name] : (names ?? []));

const errnoOf = ({ action, errno, errnoRet }: Pick<DockerSyscall, 'action' | 'errno' | 'errnoRet'>) =>
  action === 'SCMP_ACT_ERRNO' ? (plainErrno(action, errno, errnoRet) ?? 1n) : undefined;

const defaultEntry = ({ defaultAction, defaultErrno, defaultErrnoRet }: DockerSeccomp) => ({
  action: defaultAction,
  errno: defaultErrno,
  errnoRet: defaultErrnoRet,
});

function modeLines(seccomp: DockerSeccomp, cannot: Unrepresentable): string[] {
  const { defaultAction, syscalls } = seccomp;
  if (defaultAction === 'SCMP_ACT_LOG') return ['@complain'];
  if (defaultAction === 'SCMP_ACT_ALLOW') {
    const others = (syscalls ?? []).findIndex(({ action }) => action !== 'SCMP_ACT_ALLOW');
    if (others >= 0) cannot('denials beside a default of ALLOW', 'snapd lists what is allowed', 'defaultAction');
    return ['@unrestricted'];
  }
  if (defaultAction !== 'SCMP_ACT_ERRNO' || errnoOf(defaultEntry(seccomp)) !== IMPLICIT_DENIAL) {
    cannot(`the default ${defaultAction}`, "snapd's is SCMP_ACT_ERRNO with EPERM", 'defaultAction');
  }
  return [];
}

function checkArchitectures({ architectures, archMap }: DockerSeccomp, isResolved: boolean, cannot: Unrepresentable) {
  const [host, ...others] = (architectures ?? []).map((name) => findArchitecture(name)!.name);
  if (isResolved && host) {
    const filtered = filteredOn(host);
    const isSame =
      filtered.length === others.length + 1 && filtered.every((name) => name === host || others.includes(name));
    if (isSame) return;
    const hint = `name ${filtered.join(' and ')}, if their calls may be decided alike`;
    cannot(`other architectures than snapd filters on ${host}`, hint, 'architectures');
    return;
  }
  const text = (map: DockerSeccomp['archMap']) =>
    (map ?? []).map(({ architecture, subArchitectures }) => `${architecture} ${subArchitectures}`).join();
  if (!architectures?.length && text(archMap) === text(ARCH_MAP)) return;
  cannot("other architectures than the machine's and its compat one", CHOOSE, 'architectures');
}

/** The arguments of a call's lines: several where an argument has several conditions, which are alternatives. */
function argumentLines(name: string, args: readonly SeccompArgument[], cannot: Unrepresentable): string[] {
  const isRepeated = new Set(args.map(({ index }) => index)).size < args.length;
  const alternatives = isRepeated ? args.map((argument) => [argument]) : [args];
  return alternatives.map((conditions) => {
    const words: string[] = [];
    for (const argument of conditions) {
      const text = conditionText(name, argument);
      if (text === undefined) cannot(`this condition on ${name}`, 'snapd compares 32 bits of numbers', 'args');
      words[Number(argument.index)] = text ?? '-';
    }
    return Array.from(words, (word) => ` ${word ?? '-'}`).join('');
  });
}

function conditionText(name: string, { op, value, valueTwo }: SeccompArgument): string | undefined {
  const isLow = LOW_HALF_CALLS.has(name);
  if (op === 'SCMP_CMP_MASKED_EQ') {
    const datum = (valueTwo ?? 0n) & value;
    if (isLow) return value === LOW_HALF ? String(datum) : undefined;
    return value === datum && value <= LOW_HALF ? `|${value}` : undefined;
  }
  if (isLow || value > LOW_HALF) return undefined;
  return `${SIGNS[op.slice('SCMP_CMP_'.length) as keyof typeof SIGNS]}${value}`;
}
