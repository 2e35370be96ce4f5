/** `a`, `a and b`, `a, b and c`; of more than `most` the rest is counted. */
export function list(words: readonly string[], most = 6): string {
  const shown = words.length > most ? [...words.slice(0, most - 1), `${words.length - most + 1} more`] : words;
  const last = shown.at(-1) ?? '';
  return shown.length < 2 ? last : `${shown.slice(0, -1).join(', ')} and ${last}`;
}

/** `1 entry`, `2 entries`. */
export function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${number} ${number === 1 ? singular : plural}`;
}

/** A value as people write it about profiles: small ones in decimal, others in hexadecimal. */
export function number(value: bigint): string {
  return value < 10n ? value.toString() : `0x${value.toString(16)}`;
}
