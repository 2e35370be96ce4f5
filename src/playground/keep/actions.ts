import { controlButton, element } from '../dom.js';
import { download } from '../download.js';
import type { Session } from '../session.js';
import { openDialog } from '../views/dialog.js';
import { saveFile, saveFileAs } from './files.js';
import { issueText, MAX_ISSUE } from './issue-text.js';
import { fileName } from './saved-file.js';
import { takeSnapshot } from './snapshot.js';

export { openKeepDialog } from '../views/keep.js';

export const save = (session: Session): Promise<void> => saveFile(session, mayOverwrite);

export const saveAs = (session: Session): Promise<void> => saveFileAs(session);

/** The page as Markdown, in the clipboard. */
export async function copyIssue(session: Session): Promise<void> {
  const text = issueText(await takeSnapshot(session));
  const isLong = text.length > MAX_ISSUE;
  await session.copy(
    text,
    isLong
      ? 'The text is in the clipboard. It is longer than GitHub takes: attach the profile as a file'
      : 'The text for an issue is in the clipboard. It holds the whole profile',
  );
}

/** The page as one HTML file without a script, among the downloads. */
export async function downloadReport(session: Session): Promise<void> {
  const snapshot = await takeSnapshot(session);
  const { settings } = session.store.get();
  const { text, source, compiled } = snapshot;
  const [{ reportHtml }, explained] = await Promise.all([
    import('./report.js'),
    compiled && session.askLong('explain', { text, source, settings }),
  ]);
  if (explained?.kind === 'failed') throw new Error(explained.message);
  if (compiled && !explained) throw new Error('the report was cancelled');
  const name = `${fileName(source)}.report.html`;
  download(name, reportHtml(snapshot, explained?.text, new Date()));
  session.notify(`${name} is among the downloads`);
}

/** Whether to save over a file that somebody else has changed. */
function mayOverwrite(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const choose = (label: string, isYes: boolean) =>
      controlButton(label, () => {
        resolve(isYes);
        dialog.close();
      });
    const dialog = openDialog(
      'The file has changed',
      element('p', { class: 'keep-question', text: `${name} has changed since it was opened here.` }),
      element('div', { class: 'keep-actions' }, choose('Save over it', true), choose('Leave it as it is', false)),
    );
    dialog.addEventListener('close', () => resolve(false));
  });
}
