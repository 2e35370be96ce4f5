import type { Session } from '../session.js';
import { type FileHandle, type SavedFile, textForm } from './saved-file.js';

/** The reader's limit (source-text.ts); a larger file need not be read from the disk. */
const MAX_FILE_SIZE = 16 * 1024 * 1024;

/** Open a file as what it is: a profile, a program, a log. `handle`: a way back to it. */
export async function openFile(file: File, session: Session, handle?: FileHandle): Promise<void> {
  if (file.size > MAX_FILE_SIZE) {
    session.notify(`${file.name} is larger than any profile: nothing was opened`);
    return;
  }
  const { store } = session;
  const bytes = new Uint8Array(await file.arrayBuffer());
  const { arch } = store.get().settings;
  const opened = await session.askLong('open', { bytes, source: file.name, arch });
  if (opened?.kind === 'text') {
    const { text, isProgram, isPacked } = opened;
    const saved: SavedFile = {
      name: isPacked ? file.name.replace(/\.gz$/i, '') : file.name,
      form: isProgram ? { kind: 'program' } : textForm(text, bytes),
      // What was unpacked is not what the file holds.
      handle: isPacked ? undefined : handle,
      modified: file.lastModified,
    };
    session.open({ text, source: saved.name, file: saved });
  }
  if (opened?.kind === 'log') store.set({ log: { text: opened.text, source: file.name }, view: 'why' });
  if (opened?.kind === 'unreadable') session.notify(opened.message);
}
