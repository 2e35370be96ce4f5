import type { CallNarrowing } from '../profile/formats/narrow-call.js';
import { narrowingEditor, offsetHere, type ProfileEditor } from './profile-editor.js';

/** Edits of a language of lines, where a call and its conditions are written in one place. */
export function linesEditor(text: string, { call, narrowed }: CallNarrowing): ProfileEditor {
  return narrowingEditor((at, comparison) => {
    const offset = at.call && offsetHere(at.call);
    if (offset === undefined) return [];
    const written = new RegExp(call.source, 'y');
    written.lastIndex = offset;
    const before = written.exec(text)?.[0];
    const after = before && narrowed(before, comparison);
    return !after || after === before ? [] : [{ offset, length: before.length, text: after }];
  });
}
