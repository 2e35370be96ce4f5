import { ARCHITECTURES, findArchitecture } from '../../../architecture.js';
import { nearestName } from '../../../nearest-name.js';
import type { Warning } from '../../../policy.js';
import { MULTIPLEXING } from '../../../syscalls/multiplexed-calls.js';
import { isCall } from '../../../syscalls/syscall-name.js';
import { quote } from '../../../text.js';
import { failOnIssues, type ProfileIssue, type ProfileIssueCode } from '../../document/profile-error.js';
import type { SourceText } from '../../document/source-text.js';
import { CAPABILITIES } from '../../model/capability.js';
import { finishProfile } from '../../model/finish-profile.js';
import type { ParsedProfile, Place } from '../../model/parsed-profile.js';
import type { DockerSyscall } from '../../model/schema.js';
import { compared } from '../entry-arguments.js';
import { LOCAL_ARCH_MAP, systemdGroups } from '../systemd/read.js';
import { type Assignment, parseUnit, type UnitWord } from '../systemd/unit.js';
import { NEWEST_SYSTEMD, type SystemdVersion } from '../systemd-versions.js';
import { defaultList, grantedBy } from './allow-list.js';
import { nspawn } from './format.js';

const ALLOW = { action: 'SCMP_ACT_ALLOW' } as const;
const EPERM = { action: 'SCMP_ACT_ERRNO', errno: 'EPERM' } as const;
/** What programs take for a kernel without audit. */
const NO_AUDIT = { action: 'SCMP_ACT_ERRNO', errno: 'EAFNOSUPPORT' } as const;
const [AF_NETLINK, NETLINK_AUDIT] = [16n, 9n];

const SETTINGS = ['SystemCallFilter', 'Capability', 'DropCapability'];

/**
 * Read the filters that systemd-nspawn installs for a container with these settings
 * (src/nspawn/nspawn-seccomp.c). `SystemCallFilter=` adds to its own list of what is allowed, or takes from it, and the
 * container's capabilities change that list. Other known calls are EPERM, unknown ones ENOSYS.
 */
export function readNspawn(
  text: SourceText,
  { systemd: version = NEWEST_SYSTEMD }: { systemd?: SystemdVersion | undefined } = {},
): ParsedProfile {
  return new NspawnReader(text, version).read(parseUnit(text));
}

/** An entry that is made, and where its names are. */
interface Made {
  readonly entry: DockerSyscall & { names: string[] };
  readonly offsets: readonly number[];
}

class NspawnReader {
  readonly #issues: ProfileIssue[] = [];
  readonly #warnings: Warning[] = [];
  readonly #allowed: UnitWord[] = [];
  readonly #denied: UnitWord[] = [];
  readonly #added = new Set<string>();
  readonly #granting: UnitWord[] = [];
  readonly #dropped = new Set<string>();
  readonly #text: SourceText;
  readonly #version: SystemdVersion;

  constructor(text: SourceText, version: SystemdVersion) {
    this.#text = text;
    this.#version = version;
  }

  read(assignments: readonly Assignment[]): ParsedProfile {
    for (const assignment of assignments) this.#assign(assignment);
    failOnIssues(this.#issues, this.#text.source);
    const excluded = new Set(this.#denied.map(({ text }) => text));
    // A call or group that is taken away is so by its own name alone, wherever it stands.
    const allowed = new Map<string, number>();
    for (const name of defaultList(this.#version, this.#added, this.#dropped)) this.#expand(name, 0, excluded, allowed);
    for (const { text, offset } of this.#allowed) this.#expand(text, offset, excluded, allowed);
    this.#warnOfUnknown();
    this.#warnOfGroups(allowed);
    this.#warnOfCapabilities(excluded);
    const made = this.#entries(allowed);
    const locate = (path: readonly (string | number)[]): Place => {
      const [key, entry, part, index] = path;
      const offsets = (key === 'syscalls' && made[Number(entry)]?.offsets) || [0];
      const at = part === 'names' && typeof index === 'number' ? offsets[index] : offsets[0];
      return { path: 'SystemCallFilter', position: this.#text.positionAt(at ?? 0) };
    };
    return finishProfile(nspawn, this.#text, {
      seccomp: {
        defaultAction: 'SCMP_ACT_ERRNO',
        defaultErrno: 'ENOSYS',
        archMap: LOCAL_ARCH_MAP,
        syscalls: made.map(({ entry }) => entry),
      },
      locate: (...path) => locate(path),
      warnings: this.#warnings,
    });
  }

  #issue(code: ProfileIssueCode, offset: number, message: string, hint?: string): void {
    this.#issues.push({ code, message, hint, path: '', position: this.#text.positionAt(offset) });
  }

  #assign({ key, section, words, offset }: Assignment): void {
    if (section !== undefined && section !== 'Exec') {
      if (key === 'SystemCallFilter') {
        this.#issue('wrong-section', offset, `systemd-nspawn ignores ${key}= in [${section}]`, 'put it into [Exec]');
      }
      return;
    }
    if (key === 'SystemCallFilter') this.#filter(words);
    else if (key === 'Capability' || key === 'DropCapability') {
      for (const word of words) this.#capability(word, key === 'Capability' ? this.#added : this.#dropped);
    } else {
      const nearest = nearestName(key, SETTINGS, 2);
      if (nearest) this.#issue('misspelt-key', offset, `unknown setting ${quote(key)}`, `did you mean ${nearest}=?`);
    }
  }

  #capability({ text, offset }: UnitWord, to: Set<string>): void {
    const name = text === 'all' ? text : text.toUpperCase();
    if (name === 'all' || CAPABILITIES.includes(name)) {
      to.add(name);
      if (to === this.#added) this.#granting.push({ text: name, offset });
      return;
    }
    const nearest = nearestName(name, CAPABILITIES);
    const spaced = text.includes(',') ? 'write spaces between capabilities, not commas' : 'see capabilities(7)';
    const hint = nearest ? `did you mean ${nearest}?` : spaced;
    this.#issue('unknown-constant', offset, `unknown capability ${quote(text)}`, hint);
  }

  #filter(words: readonly UnitWord[]): void {
    const [first] = words;
    const isDenied = first?.text.startsWith('~') ?? false;
    words.forEach(({ text, offset }, index) => {
      const word = isDenied && index === 0 ? { text: text.slice(1), offset: offset + 1 } : { text, offset };
      if (word.text === '') return;
      if (this.#isName(word)) (isDenied ? this.#denied : this.#allowed).push(word);
    });
  }

  #isName({ text, offset }: UnitWord): boolean {
    if (text.startsWith('@')) {
      const groups = systemdGroups(this.#version);
      if (groups.has(text)) return true;
      const nearest = nearestName(text, groups.keys());
      const hint = nearest ? `did you mean ${nearest}?` : `known are ${[...groups.keys()].join(', ')}`;
      this.#issue('unknown-group', offset, `systemd ${this.#version} has no group ${quote(text)}`, hint);
      return false;
    }
    if (/^\w+$/.test(text)) return true;
    const hint = text.startsWith('~') ? 'begin the value with "~", or a line of its own' : 'it takes no errno';
    this.#issue(
      'bad-syntax',
      offset,
      `${quote(text)} is no name of a system call, and systemd-nspawn ignores it`,
      hint,
    );
    return false;
  }

  #expand(name: string, offset: number, excluded: ReadonlySet<string>, to: Map<string, number>): void {
    if (excluded.has(name)) return;
    const members = name.startsWith('@') ? systemdGroups(this.#version).get(name) : undefined;
    if (members) for (const member of members) this.#expand(member, offset, excluded, to);
    else if (!to.has(name)) to.set(name, offset);
  }

  /** systemd-nspawn ignores a name that no call has: nothing is taken away. */
  #warnOfUnknown(): void {
    const known = new Map<string, number>();
    this.#expand('@known', 0, new Set(), known);
    for (const { text, offset } of this.#denied) {
      if (text.startsWith('@') || known.has(text)) continue;
      const nearest = nearestName(text, known.keys());
      const hint = nearest ? `; did you mean ${nearest}?` : '';
      const message = `systemd ${this.#version} knows no call ${quote(text)}, and systemd-nspawn takes nothing away${hint}`;
      this.#warnings.push({ code: 'unknown-syscall', message, path: '', position: this.#text.positionAt(offset) });
    }
  }

  /** A group of "~" of which calls are allowed by the name of another group, or by their own. */
  #warnOfGroups(allowed: ReadonlyMap<string, number>): void {
    for (const { text, offset } of this.#denied) {
      if (!text.startsWith('@')) continue;
      const all = new Map<string, number>();
      this.#expand(text, offset, new Set(), all);
      const open = [...all.keys()].filter((name) => allowed.has(name));
      if (open.length === 0) continue;
      const shown = `${open.slice(0, 6).join(', ')}${open.length > 6 ? ` and ${open.length - 6} more` : ''}`;
      const message = `${shown} of ${text} are allowed as before: systemd-nspawn takes away what its list has by this name`;
      this.#warnings.push({ code: 'nspawn-still-allowed', message, path: '', position: this.#text.positionAt(offset) });
    }
  }

  /** A capability opens calls, of which the file need not say anything. */
  #warnOfCapabilities(excluded: ReadonlySet<string>): void {
    for (const { text, offset } of this.#granting) {
      if (this.#dropped.has(text) || this.#dropped.has('all')) continue;
      const open = grantedBy(text, this.#version).filter((name) => {
        const calls = new Map<string, number>();
        this.#expand(name, offset, excluded, calls);
        return calls.size > 0;
      });
      if (open.length === 0) continue;
      const message = `Capability=${text} has systemd-nspawn allow ${open.join(', ')}`;
      this.#warnings.push({ code: 'nspawn-capability', message, path: '', position: this.#text.positionAt(offset) });
    }
  }

  #entries(allowed: ReadonlyMap<string, number>): Made[] {
    const known = new Map<string, number>();
    this.#expand('@known', 0, new Set(allowed.keys()), known);
    const list = (names: ReadonlyMap<string, number>, entry: DockerSyscall): Made[] => {
      const plain = [...names].filter(([name]) => name !== 'socket');
      // What nobody wrote is of the machines that there are, and no finding is about it.
      const implied = plain.filter(([name, offset]) => offset === 0 && isCall(name));
      const written = plain.filter(([, offset]) => offset !== 0);
      return [
        { names: implied, more: { impliedBy: 'systemd-nspawn' } },
        { names: written, more: {} },
      ].flatMap(({ names: some, more }) =>
        some.length === 0
          ? []
          : [{ entry: { ...entry, ...more, names: some.map(([name]) => name) }, offsets: some.map(([, at]) => at) }],
      );
    };
    return [...list(allowed, ALLOW), ...list(known, EPERM), ...socketEntries(allowed.get('socket'))];
  }
}

/** socket(2): where it has no multiplexer, another filter answers EAFNOSUPPORT to sockets of the kernel's audit. */
function socketEntries(allowedAt: number | undefined): Made[] {
  const usual = allowedAt === undefined ? EPERM : ALLOW;
  const names = (isMultiplexing: boolean) =>
    ARCHITECTURES.filter(({ name }) => MULTIPLEXING.includes(name) === isMultiplexing).map(
      ({ name }) => findArchitecture(name)!.ociName,
    );
  const implied = { names: ['socket'], impliedBy: 'systemd-nspawn' };
  const isAudit = [compared(0, 'EQ', AF_NETLINK), compared(2, 'EQ', NETLINK_AUDIT)];
  return [
    { ...implied, ...NO_AUDIT, args: isAudit, abis: names(false) },
    { ...implied, ...usual, args: isAudit, abis: names(true) },
    { ...implied, ...usual, args: [compared(0, 'NE', AF_NETLINK)] },
    { ...implied, ...usual, args: [compared(0, 'EQ', AF_NETLINK), compared(2, 'NE', NETLINK_AUDIT)] },
  ].map((entry) => ({ entry, offsets: [allowedAt ?? 0] }));
}
