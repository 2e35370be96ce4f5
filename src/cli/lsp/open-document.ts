import { fileURLToPath } from 'node:url';
import type { Position, Range } from 'vscode-languageserver-protocol';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { type EditorFormat, editorFormat, formatOfLanguage } from '../../editor/editor-format.js';
import type { Problem } from '../../editor/problems.js';
import type { ProfileView, Span } from '../../editor/profile-view.js';
import { ScmpError } from '../../errors.js';
import type { InputFormat } from '../../profile/formats/index.js';
import { readProfile } from '../../profile/formats/read-profile.js';
import type { ParsedProfile } from '../../profile/model/parsed-profile.js';
import { includedFile } from '../included-files.js';
import { formatOf } from './analysis.js';
import type { EditedText } from './question.js';
import type { Settings } from './settings.js';

/** A text that an editor has open, as profiles are read: without a byte order mark, which its offsets leave out. */
export class OpenDocument {
  readonly path: string;
  readonly text: string;
  readonly #shift: number;
  #view: ProfileView | undefined;
  /** What was found in this version, where the check has run. */
  problems: readonly Problem[] | undefined;

  constructor(
    readonly document: TextDocument,
    readonly settings: Settings,
  ) {
    const whole = document.getText();
    this.#shift = whole.startsWith('\uFEFF') ? 1 : 0;
    this.text = whole.slice(this.#shift);
    this.path = pathOf(document.uri);
  }

  get uri(): string {
    return this.document.uri;
  }

  /** The format that the settings or the editor's language name. */
  get named(): InputFormat | undefined {
    const file = this.path.replaceAll('\\', '/');
    const found = Object.entries(this.settings.formats).find(([glob]) => matchesGlob(file, glob));
    return found?.[1] ?? formatOfLanguage(this.document.languageId);
  }

  get edited(): EditedText {
    const { text, path, named, settings } = this;
    return { text, path, named, settings };
  }

  get format(): EditorFormat {
    return this.view.format;
  }

  get view(): ProfileView {
    this.#view ??= this.#read();
    return this.#view;
  }

  #read(): ProfileView {
    const { text, path, named } = this;
    const format = editorFormat(text, { named, fileName: path });
    let profile: ParsedProfile | undefined;
    try {
      const options = { source: path, format: formatOf(this.edited), include: includedFile, notifyGuards: false };
      profile = readProfile(text, options);
    } catch (error) {
      if (!(error instanceof ScmpError)) throw error;
    }
    return { text, source: path, format, profile };
  }

  /** Forgets what can be read again. */
  release(): void {
    this.#view = undefined;
  }

  offsetAt(position: Position): number {
    return Math.max(0, this.document.offsetAt(position) - this.#shift);
  }

  positionAt(offset: number): Position {
    return this.document.positionAt(offset + this.#shift);
  }

  range({ from, to }: Span): Range {
    return { start: this.positionAt(from), end: this.positionAt(to) };
  }
}

/** The path of a document; one that is no file keeps its name. */
export function pathOf(uri: string): string {
  try {
    return uri.startsWith('file:') ? fileURLToPath(uri) : uri.replace(/^[a-z][\w+.-]*:/i, '');
  } catch {
    return uri;
  }
}

/** `*` is any part of a name, `**` any folders; a pattern without a slash is about the name. */
function matchesGlob(path: string, glob: string): boolean {
  const pattern = glob
    .split(/(\*\*\/?|\*|\?)/)
    .map((part) => {
      if (part.startsWith('**')) return '.*';
      if (part === '*') return '[^/]*';
      return part === '?' ? '[^/]' : part.replace(/[.+^${}()|[\]\\]/g, '\\$&');
    })
    .join('');
  return new RegExp(`(?:^|/)${pattern}$`).test(path);
}
