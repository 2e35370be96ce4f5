import type { ArchitectureName } from '../architecture.js';
import { describeMask, describeValue } from '../syscalls/constants.js';
import { type SyscallParameter, syscallSignature } from '../syscalls/signature.js';
import { entriesOf, type ProfileView, type Span } from './profile-view.js';

/** A number in a condition, and what it is in names. */
export interface DecodedValue extends Span {
  /** `CLONE_NEWNS|CLONE_NEWUSER`. */
  readonly text: string;
  readonly meaning: string;
}

/** The numbers of a profile's conditions that have names, where the text has numbers; names are as on `architecture`. */
export function decodedValues(view: ProfileView, architecture: ArchitectureName = 'x86_64'): DecodedValue[] {
  const { profile, text } = view;
  const found = new Map<number, DecodedValue>();
  for (const { entry, index, offset } of entriesOf(view)) {
    const name = entry.name || entry.names?.[0];
    const parameters = name ? syscallSignature(name, architecture) : undefined;
    for (const [at, argument] of (entry.args ?? []).entries()) {
      const parameter = parameters?.[Number(argument.index)];
      if (!parameter?.constants) continue;
      const isMasked = argument.op === 'SCMP_CMP_MASKED_EQ';
      const values = [
        { key: 'value', value: argument.value, isMask: isMasked },
        ...(isMasked ? [{ key: 'valueTwo', value: argument.valueTwo, isMask: false }] : []),
      ];
      for (const { key, value, isMask } of values) {
        if (typeof value !== 'bigint' || value === 0n) continue;
        const names = namesOf(parameter, value, isMask, architecture);
        if (names === undefined) continue;
        const place = profile!.locate('syscalls', index, 'args', at, key).position?.offset ?? offset;
        const span = numberSpan(text, place, value);
        const what = isMask ? `the bits that count of ${parameter.name}` : `a value of ${parameter.name}`;
        if (span) found.set(span.from, { ...span, text: names, meaning: `${what}, ${parameter.type} of ${name}` });
      }
    }
  }
  return [...found.values()].sort((a, b) => a.from - b.from);
}

/** A number in names; undefined where a bit has none. */
function namesOf(
  { constants, bits }: SyscallParameter,
  value: bigint,
  isMask: boolean,
  architecture: ArchitectureName,
): string | undefined {
  if (!constants) return undefined;
  if (isMask && value === (1n << BigInt(bits)) - 1n) return undefined; // an int is compared
  const text = isMask ? describeMask(constants, value, architecture) : describeValue(constants, value, architecture);
  // Bits without a name say that it is a number, as all ones are.
  return /^[A-Z]/.test(text) && !/\|\d/.test(text) ? text : undefined;
}

const NUMBER = /(?<![\w.])(?:0[xX][\da-fA-F]+|\d+)(?![\w.])/g;

/** The number of that value at a place, or after it in its line; the line need not have it: it may be written in names. */
function numberSpan(text: string, offset: number, value: bigint): Span | undefined {
  const lineEnd = text.indexOf('\n', offset);
  const line = text.slice(offset, Math.min(lineEnd < 0 ? text.length : lineEnd, offset + 2000));
  for (const { 0: word, index } of line.matchAll(NUMBER)) {
    if (BigInt(word) === value) return { from: offset + index, to: offset + index + word.length };
  }
  return undefined;
}
