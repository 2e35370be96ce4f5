import { ErrorCodes, LSPErrorCodes, ResponseError } from 'vscode-languageserver/node';
import { QuestionError, WithdrawnError } from './analyst.js';

/** An answer of the analyst's; what it says of an error is for the user. */
export async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof WithdrawnError) throw new ResponseError(LSPErrorCodes.RequestCancelled, 'withdrawn');
    if (error instanceof QuestionError) {
      const code = error.isOwn ? ErrorCodes.InternalError : LSPErrorCodes.RequestFailed;
      throw new ResponseError(code, messageOf(error));
    }
    throw error;
  }
}

/** What went wrong, for the user. */
export const messageOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof QuestionError && !error.isOwn ? message : `a fault of scmp, please report it: ${message}`;
};

/** A request that cannot be answered, with the reason. */
export const refusal = (why: string) => new ResponseError(ErrorCodes.InvalidParams, why);
