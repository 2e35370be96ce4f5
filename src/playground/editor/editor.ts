import type { Problem } from '../engine/protocol.js';

/** Where the profile is written: a plain text field from the first moment, an editor once its code has arrived. */
export interface Editor {
  readonly element: HTMLElement;
  /** Of the text, in UTF-16 code units. */
  readonly length: number;
  getText(): string;
  /** A part of it, from and to, without reading all of it. */
  slice(from: number, to: number): string;
  /** Replace all of the text, as one step that can be undone. */
  setText(text: string): void;
  /** Change parts of it, as one step that can be undone. Offsets are those of the text as it is. */
  edit(changes: readonly { offset: number; length: number; text: string }[]): void;
  /** Put the caret at an offset and show it; with `focus` the editor gets the keyboard. */
  reveal(offset: number, focus: boolean): void;
  /** The caret or selection, from and to. */
  getSelection(): { from: number; to: number };
  setSelection(selection: { from: number; to: number }): void;
  /** Open the search, with fields to replace. */
  search(): void;
  hasFocus(): boolean;
  focus(): void;
  /** Give the entries their colours, and light up those that are looked at. */
  showEntries(entries: readonly { from: number; to: number }[], focused: readonly number[]): void;
  /** Underline what is wrong, where. */
  showProblems(problems: readonly Problem[]): void;
}
