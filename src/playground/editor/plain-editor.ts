import type { Editor } from './editor.js';

/** The text field of index.html as an editor. */
export function plainEditor(area: HTMLTextAreaElement, onChange: () => void, onCaret: () => void): Editor {
  let hasHistory = false;
  for (const type of ['select', 'keyup', 'pointerup'] as const) area.addEventListener(type, onCaret);
  area.addEventListener('input', () => {
    hasHistory = true;
    onChange();
  });

  function replace(from: number, to: number, text: string): void {
    // The first text comes of itself: nobody asked for the keyboard to be here.
    if (hasHistory) area.focus();
    area.setSelectionRange(from, to);
    // The only way to write into a text field that keeps its undo history; deprecated, without a successor. Browsers
    // lay out the page once for each line, which takes seconds for a long profile, so it is not used for the first
    // text.
    const isDone = hasHistory && document.execCommand('insertText', false, text);
    if (isDone) return;
    area.setRangeText(text, from, to, 'end');
    hasHistory = true;
    onChange();
  }

  return {
    element: area,
    get length() {
      return area.value.length;
    },
    getText: () => area.value,
    slice: (from, to) => area.value.slice(from, to),
    setText: (text) => {
      replace(0, area.value.length, text);
      area.setSelectionRange(0, 0);
      area.scrollTop = 0;
    },
    edit(changes) {
      let text = area.value;
      for (const change of [...changes].sort((a, b) => b.offset - a.offset)) {
        text = text.slice(0, change.offset) + change.text + text.slice(change.offset + change.length);
      }
      replace(0, area.value.length, text);
    },
    reveal(offset, focus) {
      const line = area.value.slice(0, offset).split('\n').length;
      if (focus) area.focus();
      area.setSelectionRange(offset, offset);
      const lineHeight = Number.parseFloat(getComputedStyle(area).lineHeight) || 20;
      area.scrollTop = Math.max(0, (line - 4) * lineHeight);
    },
    getSelection: () => ({ from: area.selectionStart, to: area.selectionEnd }),
    setSelection: ({ from, to }) => area.setSelectionRange(from, to),
    // The browser's own finds all of a text field.
    search: () => area.focus(),
    hasFocus: () => document.activeElement === area,
    focus: () => area.focus(),
    showEntries() {},
    showProblems() {},
  };
}
