import { fileURLToPath } from 'node:url';
import picomatch from 'picomatch';
import type { Position, Range } from 'vscode-languageserver-protocol';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { type EditorFormat, editorFormat, formatOfLanguage } from '../../editor/editor-format.js';
import type { Problem } from '../../editor/problems.js';
import { type ProfilePart, partAt, profileParts } from '../../editor/profile-parts.js';
import type { Span } from '../../editor/profile-view.js';
import type { InputFormat } from '../../profile/formats/index.js';
import { includedFile } from '../included-files.js';
import { formatOf } from './analysis.js';
import type { EditedText } from './question.js';
import type { Settings } from './settings.js';

/** A text that an editor has open, as profiles are read: without a byte order mark, which its offsets leave out. */
export class OpenDocument {
  readonly path: string;
  readonly text: string;
  readonly #shift: number;
  #format: EditorFormat | undefined;
  #parts: readonly [ProfilePart, ...ProfilePart[]] | undefined;
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
    const found = Object.entries(this.settings.formats).find(([glob]) => isMatch(file, glob));
    return found?.[1] ?? formatOfLanguage(this.document.languageId);
  }

  get edited(): EditedText {
    const { text, path, named, settings } = this;
    return { text, path, named, settings };
  }

  get format(): EditorFormat {
    this.#format ??= editorFormat(this.text, { named: this.named, fileName: this.path });
    return this.#format;
  }

  /** Its profiles: one at least, which may have no profile that can be read. */
  get parts(): readonly [ProfilePart, ...ProfilePart[]] {
    this.#parts ??= profileParts(this.text, this.format, {
      source: this.path,
      format: formatOf(this.edited),
      include: includedFile,
    });
    return this.#parts;
  }

  /** The profile that an offset is in. */
  partAt(offset: number): ProfilePart {
    return partAt(this.parts, offset);
  }

  /** Forgets what can be read again. */
  release(): void {
    this.#parts = undefined;
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

/** As editors have their patterns: one without a slash is about the file's name, and others may begin in any folder. */
function isMatch(path: string, glob: string): boolean {
  const pattern = glob.includes('/') && !glob.startsWith('/') ? `**/${glob}` : glob;
  return picomatch.isMatch(path, pattern, { basename: true, dot: true });
}
