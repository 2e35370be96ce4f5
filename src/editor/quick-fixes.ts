import type { TextEdit } from '../check/finding.js';
import type { Problem } from './problems.js';
import { type Span, valueSpan } from './profile-view.js';

/** The name that the advice says is meant. */
const MEANT = /\bdid you mean "?([\w.@:/-]+?)"?\?|^write "?([\w.@:/-]+?)"? if that is meant/;

/** A way to fix a problem. */
export interface QuickFix {
  readonly title: string;
  readonly edits: readonly TextEdit[];
}

/** The fixes of a problem in the text that it was found in: the check's own, or the name that was meant. */
export function quickFixes({ fix, advice, id, source, offset }: Problem, text: string): QuickFix[] {
  if (source !== undefined) return [];
  if (fix?.length) return [{ title: `Fix ${id}: ${firstClause(advice)}`, edits: fix }];
  const meant = MEANT.exec(advice ?? '')
    ?.slice(1)
    .find(Boolean);
  if (meant === undefined || offset === undefined) return [];
  const { from, to } = valueSpan(text, offset);
  const written = text.slice(from, to);
  const quote = /^["']/.exec(written)?.[0] ?? '';
  // The place of a wrong key or of a whole line says nothing of what is to be replaced.
  const word = written.slice(quote.length, quote === '' ? undefined : -1);
  if (!/^[@~!]?[\w.@:/-]+$/.test(word)) return [];
  const edits = [{ offset: from, length: to - from, text: `${quote}${meant}${quote}` }];
  return [{ title: `Change ${word} to ${meant}`, edits }];
}

const firstClause = (advice: string | undefined): string => {
  const clause = (advice ?? 'as scmp check --fix does').split(/[;.\n]\s/)[0] as string;
  return clause.length > 100 ? `${clause.slice(0, 99)}…` : clause;
};

/** What is marked of a problem at an offset of a text: the value there. */
export function problemSpan(text: string, offset: number): Span {
  const span = valueSpan(text, offset);
  // An object or a list is marked at its bracket.
  if (span.to > span.from) return span;
  // Nothing is marked over a line's end: spaces are, or else the last character of the line.
  const spaces = /^[^\S\r\n]*/.exec(text.slice(offset, offset + 4096))?.[0].length ?? 0;
  const isAtStart = offset === 0 || text[offset - 1] === '\n';
  return spaces > 0 || isAtStart ? { from: offset, to: offset + spaces } : { from: offset - 1, to: offset };
}
