import type { ArchitectureName } from '../../architecture.js';
import type { JsonObject } from '../document/json-value.js';

/**
 * What every command knows of a format before it has read a profile. `handlers.ts` has the reader and the writer, and is
 * loaded when a profile needs one.
 */
interface Described {
  /** What `--from`, `--to` and `ParsedProfile.format` call it. */
  readonly id: string;
  /** As a heading has it. */
  readonly title: string;
  /** As a sentence has it: "a SeccompProfile". */
  readonly phrase: string;
  /** The format whose name and reader it shares: `--from` does not have it. */
  readonly variantOf?: string;
  readonly traits: FormatTraits;
  /** How a profile is written in it. Without it none is. */
  readonly output?: Output;
}

export interface Output {
  /** Of a file's name. */
  readonly extension: string;
  /** What it is, in a few words, for `--to`. */
  readonly about?: string;
  /** What to do with the file, for the playground. */
  readonly note: string;
  /** It can say that a rule is for some ABIs of the filter alone. */
  hasAbis?: true;
  /** Its program does not look at x32's bit: calls of x32 get the default. */
  readonly x32ByDefault?: true;
  /** It can say which data SCMP_ACT_TRAP has. */
  hasTrapData?: true;
  /** The engine that reads it decides conditional entries; the playground leaves them open. */
  readonly isOpen?: true;
}

/** An object, in JSON or YAML. Its keys say which format it is. */
export interface KeysFormat extends Described {
  readonly syntax: 'keys';
  /** The key that shows the format. OCI and Docker have what no other format claims. */
  sign?(keys: JsonObject): KeySign | undefined;
}

export interface KeySign {
  /** The key that shows it. */
  readonly key: string;
  /** Keys of OCI's profile that it has too: they show none beside it. */
  readonly owns?: readonly string[];
  /** As in "both … and a profile": two claims are an error. A sign without one yields to others. */
  readonly claim?: string;
}

/** Lines of a syntax of its own. */
export interface LinesFormat extends Described {
  readonly syntax: 'lines';
  /** Its lines are YAML keys too: a line with its sign is none of YAML's; with `text`, no line of that text is. */
  readonly looksLikeYaml?: 'line' | 'text';
  /** Whether a line shows that the text is of this format. */
  sign(line: string): boolean;
  /** Whether the beginning of a text, or all of it, shows that it is of this format and of no other. */
  isWhole?(text: string): boolean;
  /** Whether a text that begins as JSON is of this format: its owner reads JSON too. */
  inJson?(text: string): boolean;
  /** A format of which it has texts in it: lines with that one's signs, after its own, show nothing. */
  readonly embeds?: string;
}

export type Format = KeysFormat | LinesFormat;

/**
 * How an entry is written: in OCI's JSON, as a line of a list, of a systemd unit or of a policy, or as a rule of
 * seccompiler. For kafel it is a block, which nsjail has in a string; for go-seccomp-bpf it is keys of a group, for firejail
 * words of a list.
 */
export const ENTRY_SYNTAXES = [
  ...([
    'json',
    'list',
    'unit',
    'seccompiler',
    'lxc',
    'snapd',
    'firejail',
    'minijail',
    'kafel',
    'nsjail',
    'go-seccomp-bpf',
  ] as const),
];
export type EntrySyntax = (typeof ENTRY_SYNTAXES)[number];

/** In what a format differs from most. A trait that is left out is as most have it. */
export interface FormatTraits {
  /** Which programs read such a file as it is: container engines (Docker, Podman), OCI runtimes. Default: none. */
  readonly readBy?: readonly ('engine' | 'runtime')[];
  /**
   * The Security Profiles Operator's rules for what a profile extends: it is always a name, and the two are united. Default:
   * ours (docs/extends.md).
   */
  readonly extendsAs?: 'operator';
  /** The option that chooses one filter of a file with several. */
  readonly selectedBy?: 'thread' | 'document';
  /** How an entry is written that somebody is to add. Default: as JSON. */
  readonly entrySyntax?: Exclude<EntrySyntax, 'json'>;
  /** It has no errno for the default action. */
  readonly lacksDefaultErrno?: true;
  /** The machines for which it is read; on others its owner has other filters. Default: all. */
  readonly onlyOn?: readonly ArchitectureName[] | undefined;
  /** Its filter is for one architecture. */
  readonly isForOneArchitecture?: true;
}
