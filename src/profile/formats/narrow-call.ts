import type { SyscallParameter } from '../../syscalls/signature.js';

/** A comparison of an argument's 64 bits that is to look at those that the kernel reads alone. */
export interface WideComparison {
  readonly index: number;
  readonly op: 'EQ' | 'NE' | 'LT' | 'LE' | 'GT' | 'GE' | 'MASKED_EQ';
  /** What it is compared with: under the mask where it has one. */
  readonly datum: bigint;
  readonly parameter: SyscallParameter;
  /** The bits that are to be compared: those that the kernel reads, of MASKED_EQ those of its mask. */
  readonly mask: bigint;
  /** Comparisons under masks that say it together, of which one must hold; none where they are too many. */
  readonly groups: readonly { readonly mask: bigint; readonly datum: bigint }[];
}

/** How a language of lines says that an argument is compared as wide as the kernel reads it. */
export interface CallNarrowing {
  /** A call with its conditions, from the place of its name on. */
  readonly call: RegExp;
  /** The call with this comparison narrowed, wherever it stands in it; undefined where the language cannot say it. */
  narrowed(call: string, comparison: WideComparison): string | undefined;
}

/** The words of a call's text that match a pattern, replaced where they are in no comment. */
export function replaceWords(text: string, word: string, replacement: string): string {
  const words = new RegExp(String.raw`/\*[\s\S]*?\*/|(?://|#)[^\n]*|\b${word}\b`, 'g');
  return text.replace(words, (found) => (/^[/#]/.test(found) ? found : replacement));
}
