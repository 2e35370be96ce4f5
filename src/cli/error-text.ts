import { CompileError } from '../compiler/compile-error.js';

/** An error's message, with the remedy in the words of the command. */
export function errorText(error: Error): string {
  return error instanceof CompileError && error.remedy === 'min' ? error.advising('--optimize min') : error.message;
}
