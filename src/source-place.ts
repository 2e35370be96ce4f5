import { printable } from './text.js';

/**
 * `FILE:LINE:COLUMN` as compilers write it, without the column where only the line is known, the file alone where neither is.
 * A file may have any name.
 */
export function formatPlace(file: string, position?: { line: number; column?: number }): string {
  const { line, column } = position ?? {};
  return [printable(file), line, column].filter((part) => part !== undefined).join(':');
}
