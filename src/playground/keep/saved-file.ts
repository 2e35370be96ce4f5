// Files as the page opens and saves them. What is not of the text itself stays as it was: the mark and the line ends of a
// text, and that a program is bytes.

/** How a text is written in its file. */
export interface TextForm {
  kind: 'text';
  lineEnd: '\n' | '\r\n' | '\r';
  /** A byte order mark in front (U+FEFF, in UTF-8). */
  hasMark: boolean;
}

/** How a file's content is made of what the editor has: as text, or as the bytes of the program that the text says. */
export type FileForm = TextForm | { kind: 'program' };

/** The parts of the File System Access API that are used; TypeScript's DOM has not all of them. */
export interface FileHandle {
  readonly name: string;
  getFile(): Promise<File>;
  createWritable(): Promise<{
    write(data: Uint8Array<ArrayBuffer>): Promise<void>;
    close(): Promise<void>;
    abort(): Promise<void>;
  }>;
  queryPermission?(how: { mode: 'readwrite' }): Promise<PermissionState>;
  requestPermission?(how: { mode: 'readwrite' }): Promise<PermissionState>;
}

/** The file that the text is of. */
export interface SavedFile {
  name: string;
  form: FileForm;
  /** Undefined: this browser gives no way back to it. */
  handle: FileHandle | undefined;
  /** When it was changed last, as far as the page knows: in milliseconds since 1970. */
  modified: number;
}

const MARK = [0xef, 0xbb, 0xbf] as const;

/** How a text's file is written. Of several kinds of line ends it is the one that most lines have. */
export function textForm(text: string, bytes: Uint8Array): TextForm {
  const counts = { '\r\n': 0, '\r': 0, '\n': 0 };
  for (const [lineEnd] of text.matchAll(/\r\n|\r|\n/g)) counts[lineEnd as TextForm['lineEnd']]++;
  const kinds = ['\n', '\r\n', '\r'] as const;
  const lineEnd = kinds.reduce((most, each) => (counts[each] > counts[most] ? each : most));
  return { kind: 'text', lineEnd, hasMark: MARK.every((byte, index) => bytes[index] === byte) };
}

/** The bytes of a text in its form. */
export function textBytes(text: string, { lineEnd, hasMark }: TextForm): Uint8Array<ArrayBuffer> {
  const lines = text.replace(/\r\n|\r|\n/g, lineEnd);
  return new TextEncoder().encode(hasMark ? `\ufeff${lines}` : lines);
}

/** A name that any file system takes: no folders, no control characters, nothing invisible. */
export function fileName(name: string, otherwise = 'profile'): string {
  const last = name.replace(/^.*[/\\:]/s, '');
  const safe = last.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}<>:"|?*]/gu, '').replace(/^[\s.]+|[\s.]+$/g, '');
  return safe.slice(0, 200) || otherwise;
}
