/** The pages of the help (views/help.ts). */
export type HelpPage = 'tour' | 'examples' | 'glossary' | 'shortcuts' | 'about';

/** Something that the page does, by its name and by a key. */
export interface Command {
  name: string;
  /** As it is shown and compared: `Ctrl+Shift+P`. On a Mac the key Command is Ctrl's. */
  keys?: string;
  /** Shown, and handled elsewhere: by the editor, or by the browser. */
  isShownOnly?: boolean;
  run(): void;
}
