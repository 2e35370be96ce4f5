import { element } from '../dom.js';

export interface Segmented<T extends string> {
  readonly element: HTMLElement;
  /** Show these choices, one of them chosen. */
  update(choices: readonly { value: T; label: string }[], chosen: T): void;
}

/** A row of buttons of which one is chosen. */
export function segmented<T extends string>(label: string, onChoose: (value: T) => void): Segmented<T> {
  const group = element('div', { class: 'segmented', attributes: { role: 'group', 'aria-label': label } });
  let shown = '';
  return {
    element: group,
    update(choices, chosen) {
      const key = JSON.stringify(choices);
      if (key !== shown) {
        shown = key;
        const buttons = choices.map(({ value, label: text }) =>
          element('button', {
            class: 'segment',
            text,
            attributes: { type: 'button', 'data-value': value },
            on: { click: () => onChoose(value) },
          }),
        );
        group.replaceChildren(...buttons);
      }
      for (const button of group.querySelectorAll('button')) {
        button.setAttribute('aria-pressed', String(button.dataset.value === chosen));
      }
    },
  };
}
