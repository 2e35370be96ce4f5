import {
  autocompletion,
  type CompletionContext,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { keymap } from '@codemirror/view';
import type { ResponseTo } from '../engine/protocol.js';
import { type AskHover, hoverWords } from './hover-words.js';

export type Complete = (question: { text: string; offset: number }) => Promise<ResponseTo<'complete'>>;

/** What somebody who types or points has: completion, brackets in pairs, and words about what the pointer is at. */
export function typingAids(complete: Complete, hover: AskHover) {
  return [
    closeBrackets(),
    hoverWords(hover),
    autocompletion({ override: [(context) => completions(context, complete)], icons: false }),
    keymap.of([...closeBracketsKeymap, ...completionKeymap]),
  ];
}

async function completions(context: CompletionContext, complete: Complete) {
  const text = context.state.doc.toString();
  const before = text.slice(Math.max(0, context.pos - 64), context.pos);
  if (!context.explicit && !/["\w@]$/.test(before)) return null;
  const found = await complete({ text, offset: context.pos });
  if (!found || context.aborted) return null;
  return {
    from: found.from,
    to: found.to,
    // What is typed has its quotes, the labels have none.
    options: found.options.map((option) => ({
      ...option,
      label: text[found.from] === '"' ? `"${option.label}"` : option.label,
    })),
    validFor: /^["@]?[\w-]*"?$/,
  };
}
