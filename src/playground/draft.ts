import type { Shared } from './share-link.js';

const KEY = 'scmp-draft';

/** What is being written, kept in this tab alone, so that a reload loses nothing. */
export function createDraft(): { save(draft: Shared): void; load(): Shared | undefined } {
  return {
    save(draft) {
      try {
        sessionStorage.setItem(KEY, JSON.stringify(draft));
      } catch {
        // Storage may be forbidden or full; the page works without it.
      }
    },
    load() {
      try {
        const text = sessionStorage.getItem(KEY);
        const draft = text === null ? undefined : (JSON.parse(text) as Shared);
        // Written by this page in this tab, possibly by an older version of it.
        return typeof draft?.text === 'string' && draft.text !== '' && draft.settings ? draft : undefined;
      } catch {
        return undefined;
      }
    },
  };
}
