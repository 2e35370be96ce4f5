import { ACTION_GLYPHS, ACTION_MEANINGS, actionClass } from './action-style.js';
import { element } from './dom.js';
import type { ActionLabel } from './engine/protocol.js';

/** An action as it looks everywhere: glyph, name, colour. */
export function actionBadge({ kind, text }: ActionLabel): HTMLElement {
  return element(
    'span',
    { class: `badge ${actionClass(kind)}`, attributes: { title: ACTION_MEANINGS[kind] } },
    element('span', { class: 'glyph', text: ACTION_GLYPHS[kind], attributes: { 'aria-hidden': 'true' } }),
    text,
  );
}
