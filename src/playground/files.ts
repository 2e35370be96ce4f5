import { required } from './dom.js';
import type { Session } from './session.js';

/** The reader's limit (source-text.ts); a larger file need not be read from the disk. */
const MAX_FILE_SIZE = 16 * 1024 * 1024;

/** Opening files: by the button, by Ctrl+O, and by dropping them anywhere. */
export function setUpFiles(session: Session): void {
  const input = required('#file', HTMLInputElement);
  const drop = required('#drop', HTMLElement);
  required('#open', HTMLButtonElement).addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    const [file] = input.files ?? [];
    input.value = '';
    if (file) void openFile(file, session);
  });
  addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key === 'o') {
      event.preventDefault();
      input.click();
    }
  });

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
      if (file) void openFile(file, session);
    },
    { capture: true },
  );
}

async function openFile(file: File, session: Session): Promise<void> {
  if (file.size > MAX_FILE_SIZE) {
    session.notify(`${file.name} is larger than any profile: nothing was opened`);
    return;
  }
  const { store } = session;
  const bytes = new Uint8Array(await file.arrayBuffer());
  try {
    const { arch } = store.get().settings;
    const opened = await session.askLong('open', { bytes, source: file.name, arch });
    if (opened?.kind === 'text') session.open({ text: opened.text, source: file.name });
    else if (opened?.kind === 'log') store.set({ log: { text: opened.text, source: file.name }, view: 'why' });
    else if (opened) session.notify(opened.message);
  } catch (error) {
    session.notify((error as Error).message);
  }
}
