import { EMBED } from './embed/embed-mode.js';
import type { Shared } from './share-link.js';

const KEY = 'scmp-draft-2';

/** A long text takes time to store: it is stored when nobody has typed for so long, in milliseconds, or leaves the page. */
const DELAY = 400;

/** What is being written, kept in this tab alone, so that a reload loses nothing. An embedded page keeps nothing. */
export function createDraft(draft: () => Shared): { save(): void; load(): Shared | undefined } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  function store(): void {
    if (timer === undefined || EMBED) return;
    clearTimeout(timer);
    timer = undefined;
    try {
      sessionStorage.setItem(KEY, JSON.stringify(draft()));
    } catch {
      // Storage may be forbidden or full; the page works without it.
    }
  }
  addEventListener('pagehide', store);
  return {
    save() {
      clearTimeout(timer);
      timer = setTimeout(store, DELAY);
    },
    load() {
      if (EMBED) return undefined;
      try {
        const text = sessionStorage.getItem(KEY);
        const kept = text === null ? undefined : (JSON.parse(text) as Shared);
        // Written by this page in this tab, possibly by an older version of it.
        return typeof kept?.text === 'string' && kept.text !== '' && kept.settings?.words ? kept : undefined;
      } catch {
        return undefined;
      }
    },
  };
}
