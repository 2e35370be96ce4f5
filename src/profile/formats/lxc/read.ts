import { type ActionName, maxErrnoRet } from '../../../action.js';
import { ARCHITECTURES, parseArchitecture } from '../../../architecture.js';
import { nearestName } from '../../../nearest-name.js';
import type { Warning } from '../../../policy.js';
import { syscallName } from '../../../syscalls/syscall-name.js';
import { quote } from '../../../text.js';
import { failOnIssues, type ProfileIssue } from '../../document/profile-error.js';
import type { SourceText } from '../../document/source-text.js';
import { dockerNames } from '../../model/conditional-entry.js';
import { finishProfile } from '../../model/finish-profile.js';
import type { ParsedProfile, Place } from '../../model/parsed-profile.js';
import type { DockerSeccomp, DockerSyscall } from '../../model/schema.js';
import { compared, masked } from '../entry-arguments.js';
import { ARCH_MAP, abisOf, filteredOn, SECTIONS } from './architectures.js';
import { lxc } from './format.js';
import { type LxcAction, type LxcPolicy, type LxcRule, type LxcWord, parseLxc, type Report } from './parser.js';

type Action = Pick<DockerSyscall, 'action' | 'errnoRet'>;

const ACTIONS: Readonly<Record<Exclude<LxcAction['kind'], 'errno'>, ActionName>> = {
  kill: 'SCMP_ACT_KILL',
  allow: 'SCMP_ACT_ALLOW',
  trap: 'SCMP_ACT_TRAP',
  notify: 'SCMP_ACT_NOTIFY',
};

/** A word that stands for a rule: umount2(2) with MNT_FORCE answers EACCES. */
export const REJECT_FORCE_UMOUNT = 'reject_force_umount';
export const forcedUmount = (): DockerSyscall & { names: string[] } => ({
  names: ['umount2'],
  action: 'SCMP_ACT_ERRNO',
  errnoRet: 13n,
  args: [masked(1, 1n, 1n)],
});

/**
 * Read an LXC policy as LXC 5.0.2 and 6.0 do (src/lxc/seccomp.c). A section chooses the hosts on which its lines are
 * read, and no ABI: on x86_64 a line in [x86] is a rule for x86_64 too. LXC makes no rule for calls that an ABI reaches
 * through socketcall(2) or ipc(2). What it silently ignores is an error here.
 */
export function readLxc(text: SourceText): ParsedProfile {
  return new LxcReader(text).read();
}

class LxcReader {
  readonly #issues: ProfileIssue[] = [];
  readonly #warnings: Warning[] = [];
  readonly #syscalls: DockerSyscall[] = [];
  /** Of each entry made: its line, and where its names are. */
  readonly #origins: { offset: number; names: number[] }[] = [];

  readonly #text: SourceText;

  constructor(text: SourceText) {
    this.#text = text;
  }

  read(): ParsedProfile {
    const policy = parseLxc(this.#text, this.#report);
    const fallback: Action = { action: policy.isAllowList ? 'SCMP_ACT_KILL' : 'SCMP_ACT_ALLOW' };
    const byDefault = policy.defaultAction ? this.#action(policy.defaultAction) : fallback;
    if (policy.version === 1) this.#addNumbers(policy.numbers);
    else this.#addRules(policy, byDefault);
    failOnIssues(this.#issues, this.#text.source);
    const seccomp: DockerSeccomp = {
      defaultAction: byDefault.action,
      ...(byDefault.errnoRet === undefined ? {} : { defaultErrnoRet: byDefault.errnoRet }),
      ...(policy.version === 2 ? { archMap: ARCH_MAP } : {}),
      syscalls: this.#syscalls,
    };
    return finishProfile(lxc, this.#text, {
      seccomp,
      locate: (...path) => this.#locate(path, policy.style.offset),
      warnings: this.#warnings,
    });
  }

  readonly #report: Report = (code, offset, message, hint) => {
    this.#issues.push({ code, message, hint, path: '', position: this.#text.positionAt(offset) });
  };

  #locate([key, entry, part, index]: readonly (string | number)[], style: number): Place {
    const { offset, names } = (key === 'syscalls' && this.#origins[Number(entry)]) || { offset: style, names: [] };
    const at = part === 'names' && typeof index === 'number' ? (names[index] ?? offset) : offset;
    const position = this.#text.positionAt(at);
    return { path: `line ${position.line}`, position };
  }

  #action({ kind, errno, offset }: LxcAction): Action {
    if (kind !== 'errno') return { action: ACTIONS[kind] };
    const most = maxErrnoRet('SCMP_ACT_ERRNO') as number;
    if (errno !== undefined && (errno < 0 || errno > most)) {
      this.#report('out-of-range', offset, `an errno is from 0 to ${most}, not ${errno}`);
    }
    return { action: 'SCMP_ACT_ERRNO', errnoRet: BigInt(errno ?? 0) };
  }

  #addRules({ rules, isAllowList }: LxcPolicy, byDefault: Action): void {
    const usual: Action = { action: isAllowList ? 'SCMP_ACT_ALLOW' : 'SCMP_ACT_KILL' };
    this.#warnOfSections(rules, isAllowList);
    let previous: string | undefined;
    for (const { comment, ...rule } of rules) {
      const entry = this.#entry(rule, usual);
      if (entry.action === byDefault.action && entry.errnoRet === byDefault.errnoRet) {
        const message = `${rule.text}: the action is the default's, and LXC refuses the policy`;
        this.#report('identical-actions', rule.offset, message, 'take the line out, or give it another action');
        continue;
      }
      // Lines of names alone become one entry, as people write them in other formats.
      const { names, errnoRet, ...rest } = entry;
      const kind = entry.args ? undefined : JSON.stringify([rest, String(errnoRet)]);
      const last = this.#syscalls.at(-1)?.names;
      if (kind !== undefined && kind === previous && comment === undefined && !last!.includes(names[0]!)) {
        last!.push(...names);
        this.#origins.at(-1)!.names.push(rule.offset);
        continue;
      }
      previous = kind;
      this.#syscalls.push(comment === undefined ? entry : { ...entry, comment });
      this.#origins.push({ offset: rule.offset, names: [rule.offset] });
    }
  }

  /** A section reads like one of an ABI, as it was before LXC 3. */
  #warnOfSections(rules: readonly LxcRule[], isAllowList: boolean): void {
    const sections = new Map(rules.flatMap(({ section }) => (section ? [[section.offset, section]] : [])));
    const ofHosts = [...sections.values()].filter(({ text }) => text.toLowerCase() !== 'all');
    const place = ({ offset }: LxcWord) => ({ path: '', position: this.#text.positionAt(offset) });
    for (const section of ofHosts) {
      const hosts = SECTIONS.get(section.text.toLowerCase()) ?? [];
      const names = new Set(hosts.flatMap(filteredOn));
      if (names.size < 2) continue;
      const message = `[${section.text}] chooses the hosts ${hosts.join(' and ')}, and no ABI: its lines are rules for ${[...names].join(', ')}`;
      this.#warnings.push({ code: 'lxc-section', message, ...place(section) });
    }
    const [first] = ofHosts;
    if (!first || !isAllowList || rules.some(({ section }) => !section || section.text.toLowerCase() === 'all')) return;
    const message = 'no line is for all hosts: on one without a section here nothing is allowed';
    this.#warnings.push({ code: 'lxc-no-all', message, ...place(first) });
  }

  #entry(
    { text, section, action, conditions }: Omit<LxcRule, 'comment'>,
    usual: Action,
  ): DockerSyscall & { names: string[] } {
    const hosts = section && this.#hosts(section);
    const includes = hosts && { includes: { arches: hosts } };
    if (text === REJECT_FORCE_UMOUNT) return { ...forcedUmount(), ...includes };
    const abis = abisOf(text);
    const args = conditions.map(({ index, op, value, mask }) =>
      op === 'MASKED_EQ' ? masked(index, mask, value) : compared(index, op, value),
    );
    return {
      names: [text],
      ...(action ? this.#action(action) : usual),
      ...(args.length > 0 ? { args } : {}),
      ...includes,
      ...(abis ? { abis } : {}),
    };
  }

  /** What Docker calls the hosts on which LXC reads a section; undefined: all. */
  #hosts({ text, offset }: LxcWord): string[] | undefined {
    // LXC compares a name with its two spellings.
    const name = text === text.toUpperCase() ? text.toLowerCase() : text;
    if (name === 'all') return undefined;
    const hosts = SECTIONS.get(name);
    if (hosts) return hosts.flatMap((host) => dockerNames(parseArchitecture(host)));
    const known = ['all', ...SECTIONS.keys()];
    const nearest = nearestName(name.toLowerCase(), known);
    const hint = nearest ? `did you mean [${nearest}]?` : `known are ${known.join(', ')}`;
    this.#report('unknown-architecture', offset, `LXC has no section [${text}]`, hint);
    return undefined;
  }

  /** Version 1 has the numbers of whatever host reads it, and filters no other ABI. */
  #addNumbers(numbers: readonly LxcWord[]): void {
    for (const architecture of ARCHITECTURES) {
      const named = numbers.flatMap(({ text, offset }) => {
        const name = syscallName(Number(text), architecture.name);
        return name === undefined || abisOf(name)?.includes(architecture.ociName) === false ? [] : [{ name, offset }];
      });
      if (named.length === 0) continue;
      const includes = { arches: [...dockerNames(architecture)] };
      this.#syscalls.push({ names: named.map(({ name }) => name), action: 'SCMP_ACT_ALLOW', includes });
      this.#origins.push({ offset: named[0]!.offset, names: named.map(({ offset }) => offset) });
    }
    const without = numbers.filter(({ text }) =>
      ARCHITECTURES.every(({ name }) => syscallName(Number(text), name) === undefined),
    );
    const [first] = without;
    if (!first) return;
    const message = `${without.length === 1 ? `number ${first.text} is a call` : `${without.length} numbers are calls`} of no architecture known here (the first is ${quote(first.text)}): the default decides them, where LXC lets the kernel answer ENOSYS`;
    this.#warnings.push({ code: 'unknown-syscall', message, path: '', position: this.#text.positionAt(first.offset) });
  }
}
