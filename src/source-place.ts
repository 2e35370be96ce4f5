import type { SourcePosition } from './errors.js';
import { printable } from './text.js';

/** `FILE:LINE:COLUMN` as compilers write it, or the file alone where no position is known. A file may have any name. */
export function formatPlace(file: string, position?: SourcePosition): string {
  const name = printable(file);
  return position ? `${name}:${position.line}:${position.column}` : name;
}
