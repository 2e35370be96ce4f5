import { required } from './dom.js';
import type { FileHandle } from './keep/saved-file.js';
import { mayBeLog } from './log-sign.js';
import type { Session } from './session.js';

/** The File System Access API, where the browser has it. */
const pickers = globalThis as { showOpenFilePicker?(): Promise<FileHandle[]> };
type Dropped = DataTransferItem & { getAsFileSystemHandle?(): Promise<FileHandle | null> };

async function openFile(file: File, session: Session, handle?: FileHandle): Promise<void> {
  try {
    await (await import('./keep/open-file.js')).openFile(file, session, handle);
  } catch (error) {
    session.notify((error as Error).message);
  }
}

/** Opening files: by the button, by Ctrl+O, and by dropping them anywhere. */
export function setUpFiles(session: Session): void {
  const input = required('#file', HTMLInputElement);
  const drop = required('#drop', HTMLElement);
  required('#open', HTMLButtonElement).addEventListener('click', () => void choose());
  input.addEventListener('change', () => {
    const [file] = input.files ?? [];
    input.value = '';
    if (file) void openFile(file, session);
  });
  addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key === 'o') {
      event.preventDefault();
      void choose();
    }
  });

  /** By the dialog that gives a way back to the file, where there is one. */
  async function choose(): Promise<void> {
    try {
      const [handle] = (await pickers.showOpenFilePicker?.()) ?? [];
      if (handle) await openFile(await handle.getFile(), session, handle);
      if (pickers.showOpenFilePicker) return;
    } catch (error) {
      if ((error as Error).name === 'AbortError') return;
      // A frame of another site gets none.
    }
    input.click();
  }

  setUpPaste(session);
  const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
  addEventListener('dragenter', (event) => {
    if (hasFiles(event)) drop.hidden = false;
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) drop.hidden = true;
  });
  addEventListener('dragover', (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  // Before the editor sees it, which would insert the text at the caret.
  addEventListener(
    'drop',
    (event) => {
      drop.hidden = true;
      if (!hasFiles(event)) return;
      event.preventDefault();
      event.stopPropagation();
      const [file] = event.dataTransfer?.files ?? [];
      const item = [...(event.dataTransfer?.items ?? [])].find(({ kind }) => kind === 'file') as Dropped | undefined;
      // Asked for at once: the list is empty after this event.
      const handle = item?.getAsFileSystemHandle?.().catch(() => null);
      if (file) void (handle ?? Promise.resolve(null)).then((found) => openFile(file, session, found ?? undefined));
    },
    { capture: true },
  );
}

/** A log that is pasted into the profile is asked about, and the profile stays. */
function setUpPaste(session: Session): void {
  required('#editor', HTMLElement).addEventListener(
    'paste',
    (event) => {
      const text = event.clipboardData?.getData('text/plain') ?? '';
      if (!mayBeLog(text)) return;
      event.preventDefault();
      event.stopPropagation();
      session.store.set({ log: { text, source: 'pasted log' }, view: 'why' });
      session.notify('That is a log: it is opened beside the profile, which stays as it was');
    },
    { capture: true },
  );
}
