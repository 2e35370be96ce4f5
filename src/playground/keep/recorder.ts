import type { Session } from '../session.js';
import { keep, kept } from '../storage.js';
import type { VersionStore } from './version-store.js';
import { isWorthKeeping, type Version } from './versions.js';

const SWITCH = 'scmp-versions';

/** How long a text that compiles has to stand before it is kept, in milliseconds. */
const REST = 10_000;

/** Keeping versions is on until somebody turns it off, in this browser. */
export const isRecording = (): boolean => kept(SWITCH) !== 'off';
export const setRecording = (isOn: boolean): void => keep(SWITCH, isOn ? 'on' : 'off');

/** What can be kept by hand too: before a version takes the place of the text. */
export interface Recorder {
  /** Keep the text as it is now. */
  keepNow(): Promise<void>;
}

/**
 * Keep the text in this browser when it has compiled and then stood for a while, when another one takes its place, and
 * when the page is left. A notice says once what cannot be kept.
 */
export function recordVersions(session: Session, versions: VersionStore, rest = REST): Recorder {
  const { store } = session;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let hasFailed = false;

  async function add(version: Version): Promise<void> {
    clearTimeout(timer);
    if (!isRecording() || !isWorthKeeping(version)) return;
    try {
      await versions.add(version);
    } catch (error) {
      if (!hasFailed) session.notify((error as Error).message);
      hasFailed = true;
    }
  }
  const now = (): Version => ({ ...session.profile(), settings: store.get().settings, time: Date.now() });

  function schedule(): void {
    clearTimeout(timer);
    const { compiling, errors } = store.get();
    if (compiling === 'done' && errors.length === 0) timer = setTimeout(() => void add(now()), rest);
  }
  store.subscribe((state, before) => {
    if (state.compiling !== before.compiling) schedule();
  });
  session.onReplace(({ text, source }) => void add({ ...now(), text, source }));
  addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') void add(now());
  });
  schedule();
  return { keepNow: () => add(now()) };
}
