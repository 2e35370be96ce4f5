import { ACTION_DATA_MASK, type ActionKind, hasData, MAX_ERRNO, STRICTEST_FIRST } from '../../action.js';
import type { ArchitectureName } from '../../architecture.js';
import { errnoNumber } from '../../errno.js';
import { InvalidArgumentError } from '../../errors.js';
import { quote } from '../../text.js';

/** An action as it is written; without data it is of any. */
export interface WrittenAction {
  readonly kind: ActionKind;
  readonly data: number | undefined;
}

/**
 * `ALLOW`, `TRACE`, `TRACE(7)`, `ERRNO(EPERM)`, `ERRNO(1)`; `EPERM` is `ERRNO(EPERM)`. `SCMP_ACT_` is optional.
 *
 * @throws {InvalidArgumentError} when it is no action
 */
export function parseWrittenAction(text: string, architecture: ArchitectureName): WrittenAction {
  const [, word = '', value] = /^(?:SCMP_ACT_)?(\w+)(?:\((\w+)\))?$/.exec(String(text).trim()) ?? [];
  const errno = value === undefined ? errnoNumber(word, architecture) : undefined;
  if (errno !== undefined) return { kind: 'ERRNO', data: errno };
  const kind = STRICTEST_FIRST.find((each) => each === word);
  if (kind !== undefined && value === undefined) return { kind, data: undefined };
  const data = dataOf(kind, value, architecture);
  if (kind !== undefined && data !== undefined) return { kind, data };
  throw new InvalidArgumentError(
    `${quote(String(text))} is no action; it can be like ALLOW, KILL_PROCESS, EPERM, ERRNO(38), TRACE, TRACE(7)`,
  );
}

function dataOf(kind: ActionKind | undefined, value: string | undefined, architecture: ArchitectureName) {
  if (kind === undefined || value === undefined || !hasData(kind)) return undefined;
  const number = /^\d{1,6}$/.test(value) ? Number(value) : undefined;
  const data = number ?? (kind === 'ERRNO' ? errnoNumber(value, architecture) : undefined);
  return data !== undefined && data <= (kind === 'ERRNO' ? MAX_ERRNO : ACTION_DATA_MASK) ? data : undefined;
}
