import { required } from './dom.js';
import { EMBED } from './embed/embed-mode.js';
import type { Keep } from './keep/commands.js';
import type { KeptVersions } from './keep/record.js';
import { loadLaterStyles } from './later-styles.js';
import type { Session } from './session.js';
import { until } from './store.js';

/** How long the page is left alone once it has shown all before it keeps versions, in milliseconds. */
const SETTLE = 3000;

/** `link`: the fragment of an address that restores all of this. */
export function setUpKeep(session: Session, link: () => Promise<string>): Keep {
  let recording: Promise<KeptVersions> | undefined;
  const record = () => {
    recording ??= import('./keep/record.js').then(({ startRecording }) => startRecording(session));
    return recording;
  };
  // Without them the page works all the same; the dialog says why there are none.
  // The first verdict and the first findings come before.
  const begin = () => setTimeout(() => void record().catch(() => {}), SETTLE);
  if (!EMBED) void until(session.store, ({ checking }) => checking !== 'now').then(begin);

  const using = (work: (parts: typeof import('./keep/actions.js')) => unknown) => () =>
    void Promise.all([import('./keep/actions.js'), loadLaterStyles()])
      .then(([parts]) => work(parts))
      .catch((error: Error) => session.notify(error.message));
  const keep: Keep = {
    save: using(({ save }) => save(session)),
    saveAs: using(({ saveAs }) => saveAs(session)),
    copyIssue: using(({ copyIssue }) => copyIssue(session)),
    downloadReport: using(({ downloadReport }) => downloadReport(session)),
    open: using(async ({ openKeepDialog }) => openKeepDialog(session, keep, EMBED ? undefined : await record(), link)),
  };
  required('#save', HTMLButtonElement).addEventListener('click', keep.open);
  return keep;
}
