import { element } from './dom.js';
import type { Session } from './session.js';
import type { AppState } from './state.js';

/**
 * A report on paper has the whole text and listing, which the page draws in parts, and light colours (print.css).
 */
export function setUpPrint(session: Pick<Session, 'profile' | 'store'>): void {
  const text = element('pre', { attributes: { id: 'print-text', 'aria-hidden': 'true' } });
  const listing = element('pre', { attributes: { id: 'print-listing', 'aria-hidden': 'true' } });
  document.body.append(listing, text);
  let theme: string | undefined;
  addEventListener('beforeprint', () => {
    text.textContent = session.profile().text;
    listing.textContent = listingText(session.store.get());
    ({ theme } = document.documentElement.dataset);
    document.documentElement.dataset.theme = 'light';
  });
  addEventListener('afterprint', () => {
    text.textContent = '';
    listing.textContent = '';
    if (theme === undefined) delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  });
}

/** All instructions, where the listing is what is shown. */
function listingText({ view, programForm, listing, compiled }: Readonly<AppState>): string {
  if (view !== 'program' || programForm !== 'listing' || listing?.revision !== compiled?.revision) return '';
  const lines = listing?.lines ?? [];
  const width = String(lines.length).length;
  return lines
    .map(({ text, comment }, index) => {
      const line = `${String(index).padStart(width, '0')}  ${text}`;
      return comment ? `${line}  ; ${comment}` : line;
    })
    .join('\n');
}
