import { controlButton, element, setText } from '../dom.js';
import type { Keep } from '../keep/commands.js';
import { isRecording, type KeptVersions, setRecording } from '../keep/record.js';
import { type KeptVersion, VERSION_LIMITS } from '../keep/versions.js';
import type { Session } from '../session.js';
import { commandLine, shellCommand } from '../settings/command-line.js';
import { openDialog } from './dialog.js';

/** Saving, texts for others, and the versions that this browser keeps. */
export function openKeepDialog(
  session: Session,
  keep: Keep,
  kept: KeptVersions | undefined,
  link: () => Promise<string>,
): void {
  const dialog = openDialog(
    'Save and share',
    element('h2', { class: 'keep-title', text: 'Save and share' }),
    element(
      'div',
      { class: 'keep-body' },
      element('div', { class: 'keep-rows' }, ...shareRows(session, keep, link, () => dialog.close())),
      kept && versionList(session, kept, () => dialog.close()),
    ),
  );
}

function shareRows(
  { store, copy }: Session,
  keep: Keep,
  link: () => Promise<string>,
  close: () => void,
): HTMLElement[] {
  const { file, source } = store.get();
  const row = (label: string, note: string, run: () => void) => [
    controlButton(label, () => {
      close();
      run();
    }),
    element('span', { class: 'quiet', text: note }),
  ];
  const copyFrame = async () => {
    const address = new URL(location.href);
    address.search = '?embed';
    address.hash = await link();
    // All that HTML has a meaning for is escaped in an address but this.
    const src = address.href.replaceAll('&', '&amp;');
    await copy(
      `<iframe src="${src}" width="100%" height="600" title="scmp playground"></iframe>`,
      'The frame is in the clipboard. It holds the whole profile',
    );
  };
  // The server of `scmp playground` lets nobody frame its page.
  const isSite = document.documentElement.dataset.offline !== undefined;
  const isBack = file?.handle !== undefined && file.name === source;
  return [
    ...row('Save', isBack ? `over ${file.name}, as it was opened (Ctrl+S)` : 'as a new file (Ctrl+S)', keep.save),
    ...row('Save as…', 'under another name (Ctrl+Shift+S)', keep.saveAs),
    ...row('Copy as issue text', 'Markdown: profile, settings, verdict, findings, versions', keep.copyIssue),
    ...row('Download a report', 'one HTML file without a script, with the policy in words', keep.downloadReport),
    ...(isSite ? row('Copy a frame', 'HTML that embeds all of this in another page', () => void copyFrame()) : []),
  ];
}

const lines = (text: string) => text.split('\n').length;

function versionList(session: Session, { versions, recorder }: KeptVersions, close: () => void): HTMLElement {
  const list = element('ul', { class: 'keep-versions' });
  const status = element('p', { class: 'quiet', attributes: { role: 'status' } });
  const clear = controlButton('Clear all', () => clearAll(), { isSmall: true });
  const recording = element('input', {
    attributes: { type: 'checkbox', checked: isRecording() },
    on: { change: () => setRecording(recording.checked) },
  });

  const failed = (error: unknown) => setText(status, (error as Error).message);

  async function show(): Promise<void> {
    try {
      const all = await versions.list();
      list.replaceChildren(...all.map(versionItem));
      clear.hidden = all.length === 0;
      setText(status, all.length === 0 ? 'None yet.' : '');
    } catch (error) {
      list.replaceChildren();
      clear.hidden = true;
      failed(error);
    }
  }

  let isSure = false;
  async function clearAll(): Promise<void> {
    if (!isSure) {
      isSure = true;
      clear.textContent = 'Clear all: sure?';
      return;
    }
    await versions.clear().catch(failed);
    await show();
  }

  function versionItem({ id, ...version }: KeptVersion): HTMLElement {
    const { text, source, settings, time } = version;
    const when = new Date(time).toLocaleString();
    const button = (label: string, run: () => unknown) =>
      controlButton(label, run, { isSmall: true, label: `${label}: ${source}, ${when}` });
    return element(
      'li',
      {},
      element(
        'span',
        { class: 'keep-version' },
        element('span', { class: 'keep-name', text: source }),
        element('span', { class: 'quiet', text: `${when}, ${lines(text)} lines` }),
        element('code', { class: 'quiet', text: shellCommand(commandLine(source, settings)) }),
      ),
      button('Compare', () => {
        close();
        session.store.set({ other: { text, source: `${source}, ${when}` }, view: 'diff' });
      }),
      button('Restore', async () => {
        close();
        await recorder.keepNow();
        const now = session.profile();
        if (now.source === source) {
          // The same file, as it was: it may be saved back.
          session.edit([{ offset: 0, length: now.text.length, text }]);
          session.store.set({ settings });
        } else session.open({ text, source, settings });
      }),
      button('Delete', async () => {
        await versions.remove(id).catch(failed);
        await show();
      }),
    );
  }

  void recorder.keepNow().then(show);
  return element(
    'section',
    { attributes: { 'aria-labelledby': 'keep-versions' } },
    element('h3', { class: 'keep-title', text: 'Versions in this browser', attributes: { id: 'keep-versions' } }),
    element('p', {
      class: 'quiet',
      text: `A text is kept when it has compiled and stood for ten seconds, when another one takes its place, and when this list opens or the page is left. The newest ${VERSION_LIMITS.versions} stay in this browser.`,
    }),
    element('div', { class: 'keep-actions' }, element('label', {}, recording, ' Keep versions'), clear),
    status,
    list,
  );
}
