import { MEMBER, type NotificationWords, type RawResponse } from './notify-abi.js';
import type { AnswerTable } from './watch-protocol.js';

/** Finds the answers of a table. */
export class AnswerLookup {
  /** By signed numbers, as the words of notifications are: small ones are found faster. */
  readonly #bySyscall: ReadonlyMap<number, ReadonlyMap<number, RawResponse>>;
  readonly #otherwise: RawResponse | undefined;

  constructor({ bySyscall, otherwise }: AnswerTable) {
    this.#bySyscall = new Map([...bySyscall].map(([auditArch, table]) => [auditArch | 0, table]));
    this.#otherwise = otherwise;
  }

  /** Undefined: a handler answers. */
  find(call: NotificationWords): RawResponse | undefined {
    return this.#bySyscall.get(call[MEMBER.auditArch]!)?.get(call[MEMBER.number]!) ?? this.#otherwise;
  }
}
