import { nearestName } from '../../../nearest-name.js';
import { quote } from '../../../text.js';
import type { SourceText } from '../../document/source-text.js';
import { type IncludeChain, includedText, type LoadInclude } from '../include.js';
import type { Reports } from './reports.js';

/** A line that says something of seccomp. */
export interface FirejailLine {
  readonly keyword: Keyword;
  /** What follows the keyword; undefined where nothing does. */
  readonly value: string | undefined;
  /** Of the keyword and of the value, in UTF-16 code units from the beginning of the text. */
  readonly offset: number;
  readonly valueOffset: number;
  /** The text that it is in. */
  readonly text: SourceText;
}

/** Of the lines about seccomp, whether they take a value. */
const KEYWORDS = {
  seccomp: 'may',
  'seccomp.drop': 'must',
  'seccomp.keep': 'must',
  'seccomp.32': 'must',
  'seccomp.32.drop': 'must',
  'seccomp.32.keep': 'must',
  'seccomp.block-secondary': 'never',
  'seccomp-error-action': 'must',
  protocol: 'must',
  'memory-deny-write-execute': 'never',
  'restrict-namespaces': 'may',
  'allow-debuggers': 'never',
} as const;
export type Keyword = keyof typeof KEYWORDS;

/** Whether a line of firejail that begins with the word says something of seccomp. */
export const isKeyword = (word: string): word is Keyword => Object.hasOwn(KEYWORDS, word);

/** How many lines a profile may have, with those of what it includes; shipped ones have a thousand. */
const MAX_LINES = 50_000;
/** MAX_INCLUDE_LEVEL of firejail. */
const DEEPEST = 16;
/** Where firejail looks for what has no folder, after the user's. */
const SYSTEM_FOLDER = '/etc/firejail';

/**
 * The lines of a profile that say something of seccomp, with those of what it includes, as firejail reads them
 * (src/firejail/profile.c): what `ignore` takes away is not among them.
 *
 * @throws {ProfileError} where an included file is not found or includes itself, or there are too many lines
 */
export function* firejailLines(
  text: SourceText,
  reports: Reports,
  load: LoadInclude | undefined,
): Generator<FirejailLine> {
  yield* new LineReader(reports, load).read({ text });
}

class LineReader {
  readonly #ignored: string[] = [];
  readonly #reports: Reports;
  readonly #load: LoadInclude | undefined;
  #count = 0;

  constructor(reports: Reports, load: LoadInclude | undefined) {
    this.#reports = reports;
    this.#load = load;
  }

  *read(chain: IncludeChain): Generator<FirejailLine> {
    const { text } = chain;
    for (const { 0: raw, index } of text.text.matchAll(/[^\r\n]+/g)) {
      if (++this.#count > MAX_LINES) {
        throw text.fail(index, { code: 'input-too-large', message: `more than ${MAX_LINES} lines` });
      }
      const content = raw.replace(/#.*/, '').trimEnd();
      const offset = index + content.length - content.trimStart().length;
      const line = content.trim();
      if (line !== '') yield* this.#line(chain, line, offset);
    }
  }

  *#line(chain: IncludeChain, line: string, offset: number): Generator<FirejailLine> {
    const { text } = chain;
    const reports = this.#reports;
    const conditional = /^\?\s*(\w+)\s*:\s*(.*)$/.exec(line);
    if (conditional) {
      const [, name = '', rest = ''] = conditional;
      const word = keywordOf(rest.replace(/^ignore\s+/, ''));
      if (!isKeyword(word)) return;
      const message = `whether ${quote(word)} counts depends on ${quote(name)}, which the profile does not say`;
      reports.report('bad-syntax', { text, offset }, message, 'take the condition out, or the line');
      return;
    }
    const plain = line.replace(/[ \t]+/g, ' ');
    if (this.#ignored.some((prefix) => plain === prefix || plain.startsWith(`${prefix} `))) {
      const word = keywordOf(plain);
      if (isKeyword(word))
        reports.warn('firejail-ignored', { text, offset }, `an earlier "ignore" takes this line away: ${quote(word)}`);
      return;
    }
    if (plain.startsWith('ignore ')) {
      this.#ignored.push(plain.slice('ignore '.length));
      return;
    }
    if (plain.startsWith('include ')) {
      yield* this.#include(
        chain,
        plain.slice('include '.length),
        offset + line.length - line.replace(/^include\s+/, '').length,
      );
      return;
    }
    const keyword = keywordOf(plain);
    if (!isKeyword(keyword)) {
      if (!OTHERS.has(keyword)) this.#unknown(keyword, { text, offset });
      return;
    }
    const rest = line.slice(keyword.length);
    const value = rest.trim();
    const valueOffset = offset + line.length - rest.trimStart().length;
    const takes = KEYWORDS[keyword];
    if (takes === 'never' && value !== '') {
      reports.report(
        'bad-syntax',
        { text, offset: valueOffset },
        `${keyword} takes no list, and firejail refuses the line`,
      );
    } else if (takes === 'must' && value === '') {
      const hint = keyword.startsWith('seccomp.') ? 'name system calls after it, with commas between' : undefined;
      reports.report(
        'bad-syntax',
        { text, offset },
        `${keyword} says nothing here, and firejail refuses the line`,
        hint,
      );
    } else {
      yield { keyword, value: value === '' ? undefined : value, offset, valueOffset, text };
    }
  }

  /** firejail refuses such a profile. It may be a line about seccomp, or a text of another language. */
  #unknown(keyword: string, at: { text: SourceText; offset: number }): void {
    const nearest = meantKeyword(keyword);
    const hint = nearest
      ? `did you mean ${nearest}?`
      : 'take the line out, or name the format of the text (--from) if it is no profile of firejail';
    this.#reports.report('misspelt-key', at, `firejail knows no line that begins with ${quote(keyword)}`, hint);
  }

  *#include(chain: IncludeChain, path: string, offset: number): Generator<FirejailLine> {
    const { text } = chain;
    const load = this.#load;
    const isLocal = path.endsWith('.local');
    if (!load) {
      // What the shipped .inc files say is not of seccomp, and most machines have no .local.
      if (isLocal || path.endsWith('.inc')) {
        this.#reports.warn(
          'include-unread',
          { text, offset },
          `${quote(path)} was not read: it may change what is said of seccomp here`,
        );
        return;
      }
    }
    const find: LoadInclude = (name, from) => {
      const bare = name.replace(/^\$\{CFG\}\//, '');
      return load!(bare, from) ?? (bare.includes('/') ? undefined : load!(`${SYSTEM_FOLDER}/${bare}`, from));
    };
    if (isLocal && find(path, text.source) === undefined) return;
    const request = { path, offset, from: text.source, deepest: DEEPEST, load: load && find };
    yield* this.read(includedText(chain, request));
  }
}

const keywordOf = (line: string) => /^\S+/.exec(line)?.[0] ?? '';

/** Also of a line that was cut off, or two in one. */
function meantKeyword(word: string): string | undefined {
  const keywords = [...Object.keys(KEYWORDS), ...OTHERS];
  const isPart = (part: string, whole: string) => part.length > 4 && whole.startsWith(part);
  return nearestName(word, keywords, 2) ?? keywords.find((each) => isPart(word, each) || isPart(each, word));
}

/** What other lines begin with: firejail-profile(5) of 0.9.72, what is newer (contrib/syntax/lists), and what is older. */
const OTHERS: ReadonlySet<string> = new Set(
  `allow allusers apparmor apparmor-replace apparmor-stack bind blacklist blacklist-nolog caps caps.drop caps.keep cgroup cpu
  dbus-system dbus-system.broadcast dbus-system.call dbus-system.own dbus-system.see dbus-system.talk
  dbus-user dbus-user.broadcast dbus-user.call dbus-user.own dbus-user.see dbus-user.talk
  defaultgw deny deny-nolog deterministic-exit-code deterministic-shutdown disable-mnt dns env hostname hosts-file
  ip ip6 ipc-namespace iprange join-or-start keep-config-pulse keep-dev-shm keep-fd keep-shell-rc keep-var-tmp
  landlock landlock.enforce landlock.fs.execute landlock.fs.makedev landlock.fs.makeipc landlock.fs.read landlock.fs.write
  mac machine-id mkdir mkfile mtu name net netfilter netfilter6 netlock netmask netns nice
  no3d noallow noautopulse noblacklist nodbus nodeny nodvd noexec nogroups noinput nonewprivs noprinters noroot nosound
  notpm notv nou2f novideo nowhitelist overlay overlay-named overlay-tmpfs
  private private-bin private-cache private-cwd private-dev private-etc private-home private-lib private-opt private-srv
  private-tmp quiet read-only read-write rlimit-as rlimit-cpu rlimit-fsize rlimit-nofile rlimit-nproc rlimit-sigpending rmenv
  shell tab timeout tmpfs tracelog veth-name warn whitelist whitelist-ro writable-etc writable-run-user writable-var
  writable-var-log x11 xephyr-screen`.split(/\s+/),
);
