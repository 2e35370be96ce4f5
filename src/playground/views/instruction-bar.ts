import { element } from '../dom.js';
import type { CompileSuccess, ListingLine } from '../engine/protocol.js';
import { hueOf } from '../focus.js';
import type { Session } from '../session.js';

/** More names than this are counted. */
const MAX_NAMES = 6;

/** The line under the program: what an instruction is there for, and the way to its entries. */
export function instructionBar(session: Session) {
  const hint = element('span', { class: 'quiet', text: 'Choose an instruction to see which entries it is there for.' });
  const bar = element('p', { class: 'instruction-bar' }, hint);
  return {
    element: bar,
    show(index: number, line: ListingLine | undefined, compiled: CompileSuccess | undefined) {
      if (!line || !compiled) {
        bar.replaceChildren(hint);
        return;
      }
      const { calls, entries } = line;
      const names =
        calls.length > MAX_NAMES
          ? `${calls.slice(0, MAX_NAMES).join(', ')} and ${calls.length - MAX_NAMES} more`
          : calls.join(', ');
      bar.replaceChildren(
        element('span', { class: 'quiet', text: `${String(index).padStart(4, '0')} ` }),
        calls.length === 0
          ? element('span', {
              class: 'quiet',
              text: line.action ? 'a return: shared by all that it answers' : 'common to many calls',
            })
          : element('span', { text: `for ${names}` }),
        ...entries.slice(0, 4).map((entry) => {
          const { path, line: at, from } = compiled.entries[entry] ?? { path: '', line: 0, from: 0 };
          return element('button', {
            class: `link entry-link entry-${hueOf(entry)}`,
            text: /^line \d+$/.test(path) ? path : `${path || 'entry'}, line ${at}`,
            attributes: { type: 'button' },
            on: { click: () => session.revealCompiled(from) },
          });
        }),
      );
    },
  };
}
