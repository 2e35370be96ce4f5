import { element } from '../dom.js';

/** A dialog over the page. It closes with Escape, by its button and by a click beside it, and gives the keyboard back. */
export function openDialog(title: string, ...content: (HTMLElement | string)[]): HTMLDialogElement {
  document.querySelector('dialog[open]')?.remove();
  const before = document.activeElement as HTMLElement | null;
  const close = element('button', {
    class: 'control small dialog-close',
    text: '×',
    attributes: { type: 'button', 'aria-label': 'Close' },
    on: { click: () => dialog.close() },
  });
  const dialog = element(
    'dialog',
    { class: 'dialog', attributes: { 'aria-label': title } },
    element('div', { class: 'dialog-body' }, ...content, close),
  );
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener('close', () => {
    dialog.remove();
    if (document.activeElement === document.body) before?.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
