import { actionBadge } from '../action-badge.js';
import { element } from '../dom.js';
import type { CallPicture } from '../engine/protocol.js';

/** How the arguments of a call decide, as a small tree: each way its conditions, and the answer at its end. */
export function callPictureElement(name: string, { ways, more, otherwise }: CallPicture): HTMLElement {
  const way = (conditions: readonly string[], action: HTMLElement) =>
    element(
      'li',
      { class: 'way' },
      ...conditions.map((text) => element('code', { class: 'way-test', text })),
      element('span', { class: 'way-end' }, action),
    );
  return element(
    'figure',
    { class: 'call-picture', attributes: { 'aria-label': `How the arguments of ${name} decide` } },
    element('span', { class: 'way-root', text: name }),
    element(
      'ul',
      { class: 'ways' },
      ...ways.map(({ conditions, action }) => way(conditions, actionBadge(action))),
      more > 0 && element('li', { class: 'way quiet', text: `and ${more} more ways` }),
      way(['otherwise'], actionBadge(otherwise)),
    ),
  );
}
