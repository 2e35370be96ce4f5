import type { TextEdit } from '../../check/finding.js';
import type { HoverTarget } from '../../editor/hover.js';
import type { Problem } from '../../editor/problems.js';
import type { InputFormat } from '../../profile/formats/index.js';
import type { ProfileSelection } from '../../profile/formats/list-profiles.js';
import type { Settings } from './settings.js';

// The messages between the server and its worker: plain data that structured cloning takes.

/** A text as the editor has it, saved or not. */
export interface EditedText {
  readonly text: string;
  /** Of its file: where bases and includes are looked for. */
  readonly path: string;
  readonly named: InputFormat | undefined;
  readonly settings: Settings;
}

/** One of the profiles of a text. */
export interface EditedProfile extends EditedText {
  readonly selection: ProfileSelection;
}

/** What the worker is asked, by name: the question, and the answer. */
export interface Questions {
  check: [EditedText, readonly Problem[]];
  fixAll: [EditedText, { edits: readonly TextEdit[]; fixed: number }];
  decide: [EditedProfile & { call: string }, readonly HoverTarget[]];
  /** Of each profile; undefined where it has no filter. */
  count: [EditedText & { selections: readonly ProfileSelection[] }, readonly (string | undefined)[]];
  compare: [{ before: EditedProfile; after: EditedProfile; names: readonly [string, string] }, string];
  simulate: [EditedProfile & { call: string; args: readonly string[] }, string];
  explain: [EditedProfile & { call: string | undefined }, string];
}
export type QuestionName = keyof Questions;
export type Question<Name extends QuestionName> = Questions[Name][0];
export type Answer<Name extends QuestionName> = Questions[Name][1];

export interface QuestionMessage {
  readonly id: number;
  readonly name: QuestionName;
  readonly question: unknown;
}

/** `part`: an answer before the whole one. */
export type AnswerMessage =
  | { readonly id: number; readonly part: unknown }
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: string; readonly isOwn: boolean };
