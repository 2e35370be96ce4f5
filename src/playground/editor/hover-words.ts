import { EditorView, hoverTooltip } from '@codemirror/view';
import { element } from '../dom.js';
import type { ResponseTo } from '../engine/protocol.js';

export type AskHover = (question: { text: string; offset: number }) => Promise<ResponseTo<'hover'>>;

/** What there is to say about the word under the pointer. */
export function hoverWords(ask: AskHover) {
  const tooltip = hoverTooltip(async ({ state }, offset) => {
    const found = await ask({ text: state.doc.toString(), offset }).catch(() => undefined);
    if (!found) return null;
    return { pos: found.from, end: found.to, above: true, create: () => ({ dom: hoverElement(found.markdown) }) };
  });
  return [tooltip, look];
}

/** The few signs of Markdown that hovers are written with (src/editor/hover.ts), as elements: no text becomes any. */
function hoverElement(markdown: string): HTMLElement {
  const box = element('div', { class: 'hover-words' });
  let code: HTMLElement | undefined;
  for (const line of markdown.split('\n')) {
    if (line.startsWith('```')) {
      code = code ? undefined : element('pre');
      if (code) box.append(code);
    } else if (code) code.append(line);
    else if (line !== '') {
      const [, bullet, text = ''] = /^(- )?(.*)$/.exec(line) ?? [];
      box.append(element('p', { class: bullet ? 'is-item' : '' }, ...inline(text)));
    }
  }
  return box;
}

const inline = (text: string) =>
  text.split(/(\*\*[^*]+\*\*|`[^`]+`)/).map((part) => {
    if (/^\*\*.+\*\*$/.test(part)) return element('strong', { text: part.slice(2, -2) });
    return /^`.+`$/.test(part) ? element('code', { text: part.slice(1, -1) }) : part;
  });

const look = EditorView.theme({
  '.hover-words': { padding: '6px 10px', maxWidth: '480px', maxHeight: '300px', overflow: 'auto' },
  '.hover-words p, .hover-words pre': { margin: '0 0 4px', whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' },
  '.hover-words .is-item': { paddingLeft: '12px' },
  '.hover-words pre, .hover-words code': { fontFamily: 'var(--mono)' },
});
