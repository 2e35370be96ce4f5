import type { SourceText } from '../document/source-text.js';
import type { Place } from '../model/parsed-profile.js';
import type { DockerSyscall } from '../model/schema.js';

/** A place in one of the texts that a policy is made of. */
export interface TextPlace {
  readonly text: SourceText;
  /** UTF-16 code units from the beginning of that text. */
  readonly offset: number;
}

type Decision = Pick<DockerSyscall, 'action' | 'errnoRet' | 'trapData'>;

export const isSameDecision = (a: Decision, b: Decision) =>
  a.action === b.action && a.errnoRet === b.errnoRet && a.trapData === b.trapData;

/** Entries made of a policy's calls, and where each is written. */
export class CallEntries {
  readonly syscalls: DockerSyscall[] = [];
  readonly #origins: { names: TextPlace[]; action: TextPlace }[] = [];
  readonly #text: SourceText;

  constructor(text: SourceText) {
    this.#text = text;
  }

  /** Calls that are decided alike for all arguments share an entry, up to the next comment. */
  push(entry: DockerSyscall, call: TextPlace, action: TextPlace, comment: string | undefined): void {
    const last = this.syscalls.at(-1);
    const isPlain = (each: DockerSyscall) => !each.args && !each.includes && !each.excludes;
    const isAlike = last !== undefined && isSameDecision(last, entry) && isPlain(last) && isPlain(entry);
    if (isAlike && (comment === undefined || comment === last.comment)) {
      last.names!.push(...entry.names!);
      this.#origins.at(-1)!.names.push(call);
      return;
    }
    this.syscalls.push({ ...entry, ...(comment === undefined ? {} : { comment }) });
    this.#origins.push({ names: [call], action });
  }

  /** Where a value of the section is written; `fallback` for what is none of the entries. */
  locate([key, entry, part, index]: readonly (string | number)[], fallback: TextPlace | undefined): Place {
    const origin = key === 'syscalls' && typeof entry === 'number' ? this.#origins[entry] : undefined;
    if (!origin) return this.place((key === 'syscalls' ? undefined : fallback) ?? { text: this.#text, offset: 0 });
    const isName = part === undefined || part === 'names' || part === 'name';
    const name = origin.names[typeof index === 'number' ? index : 0] ?? origin.names[0]!;
    return this.place(isName ? name : origin.action);
  }

  place({ text, offset }: TextPlace): Place {
    const position = text.positionAt(offset);
    return { path: '', position, ...(text === this.#text ? {} : { source: text.source }) };
  }
}
