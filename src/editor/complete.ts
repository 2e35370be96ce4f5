import type { ArchitectureName } from '../architecture.js';
import type { InputFormat } from '../profile/formats/index.js';
import { completeKeys } from './complete-keys.js';
import { completeLines } from './complete-lines.js';
import { editorFormat } from './editor-format.js';
import type { Completions } from './vocabulary.js';

export interface CompleteOptions {
  /** The format that the editor names; else the content and the file's name tell. */
  named?: InputFormat | undefined;
  fileName?: string | undefined;
  /** Whose numbers and constants are shown. Default: x86_64. */
  architecture?: ArchitectureName | undefined;
}

/**
 * What may be written at a place of a profile, of any format: the text need not be whole. Offsets are UTF-16 code units.
 */
export function complete(text: string, offset: number, options: CompleteOptions = {}): Completions | undefined {
  const { architecture = 'x86_64' } = options;
  const { syntax, format } = editorFormat(text, options);
  if (syntax === 'json' || syntax === 'yaml') return completeKeys(text, offset, { syntax, format, architecture });
  return completeLines(text, offset, { format: syntax, architecture });
}
