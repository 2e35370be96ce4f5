import { element } from './dom.js';
import type { Session } from './session.js';

/** A report on paper has the whole text, which the editor draws in parts, and light colours (print.css). */
export function setUpPrint(session: Pick<Session, 'profile'>): void {
  const text = element('pre', { attributes: { id: 'print-text', 'aria-hidden': 'true' } });
  document.body.append(text);
  let theme: string | undefined;
  addEventListener('beforeprint', () => {
    text.textContent = session.profile().text;
    ({ theme } = document.documentElement.dataset);
    document.documentElement.dataset.theme = 'light';
  });
  addEventListener('afterprint', () => {
    text.textContent = '';
    if (theme === undefined) delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  });
}
