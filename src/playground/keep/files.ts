import { download } from '../download.js';
import type { Session } from '../session.js';
import { type FileForm, type FileHandle, fileName, type SavedFile, textBytes } from './saved-file.js';

// A text is saved over the file that was opened, where the browser gives a way back to it (File System Access: Chromium).
// Else it is a new file, where the browser lets somebody choose one, or a download.

const pickers = globalThis as { showSaveFilePicker?(options: { suggestedName: string }): Promise<FileHandle> };

const NEW_FILE: FileForm = { kind: 'text', lineEnd: '\n', hasMark: false };

/** Somebody closed a dialog of the browser: that is no fault, and nothing is said of it. */
const isDismissed = (error: unknown) => (error as Error).name === 'AbortError';

/** Save over the file that is open; where there is none, or it has got another name, as a new one. */
export async function saveFile(session: Session, mayOverwrite: (name: string) => Promise<boolean>): Promise<void> {
  const { file, source } = session.store.get();
  if (!file?.handle || file.name !== source) return saveFileAs(session);
  const { handle } = file;
  try {
    // First of all: a browser asks only right after a click or a key.
    if (!(await mayWrite(handle))) {
      session.notify(`${file.name} was not saved: this browser was not allowed to write to it`);
      return;
    }
    const { lastModified } = await handle.getFile();
    if (lastModified !== file.modified && !(await mayOverwrite(file.name))) return;
    const content = await contentOf(session, file.form);
    if (content) await write(session, handle, file.form, content);
  } catch (error) {
    if (!isDismissed(error)) session.notify(`${file.name} was not saved: ${(error as Error).message}`);
  }
}

/** Save as a file that somebody chooses; where the browser has no such choice, as a download. */
export async function saveFileAs(session: Session): Promise<void> {
  const { file, source } = session.store.get();
  const suggestedName = fileName(source);
  let handle: FileHandle | undefined;
  try {
    // The same holds for its dialog.
    handle = await pickers.showSaveFilePicker?.({ suggestedName });
  } catch (error) {
    if (isDismissed(error)) return;
    // A frame of another site gets none; it may download.
  }
  const name = handle?.name ?? suggestedName;
  const form = formAs(name, file);
  try {
    const content = await contentOf(session, form);
    if (content === undefined) return;
    if (handle) await write(session, handle, form, content);
    else {
      download(name, content);
      session.notify(`${name} is among the downloads`);
    }
  } catch (error) {
    session.notify(`${name} was not saved: ${(error as Error).message}`);
  }
}

const extensionOf = (name: string) => /\.[^.]*$/.exec(name)?.[0].toLowerCase();

/** The form of the file that was opened. Under a name that says otherwise the program's text is saved, not its bytes. */
function formAs(name: string, file: SavedFile | undefined): FileForm {
  if (!file) return NEW_FILE;
  return file.form.kind === 'program' && extensionOf(name) !== extensionOf(file.name) ? NEW_FILE : file.form;
}

/** The file's content. Undefined: the text says no program, and a notice says so. */
async function contentOf(session: Session, form: FileForm): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const profile = session.profile();
  if (form.kind === 'text') return textBytes(profile.text, form);
  const { settings } = session.store.get();
  const answer = await session.askLong('export', { ...profile, settings, format: 'bpf' });
  if (answer?.kind === 'exported' && typeof answer.content !== 'string') return answer.content;
  const why = answer?.kind === 'failed' ? answer.message : 'it was cancelled';
  session.notify(`${profile.source} was not saved: it is a program’s bytes, and the text is none: ${why}`);
  return undefined;
}

async function mayWrite(handle: FileHandle): Promise<boolean> {
  const how = { mode: 'readwrite' } as const;
  if ((await handle.queryPermission?.(how)) === 'granted') return true;
  return ((await handle.requestPermission?.(how)) ?? 'granted') === 'granted';
}

async function write(
  session: Session,
  handle: FileHandle,
  form: FileForm,
  content: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const target = await handle.createWritable();
  try {
    await target.write(content);
  } catch (error) {
    // The file stays as it was: what was written is not in its place yet.
    await target.abort().catch(() => {});
    throw error;
  }
  await target.close();
  const file: SavedFile = { name: handle.name, form, handle, modified: (await handle.getFile()).lastModified };
  const { source } = session.store.get();
  session.store.set({ source: file.name, file });
  if (source !== file.name) session.recompile();
  session.notify(`${file.name} is saved`);
}
