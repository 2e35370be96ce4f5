/** A number that is no exact integer; it is kept so that an error can show it. */
export class InexactNumber {
  constructor(
    /** As written. */
    readonly source: string,
    /** `fraction`: a fraction or exponent was written. `imprecise`: a JS number past 2^53-1, already rounded. */
    readonly kind: 'fraction' | 'imprecise',
  ) {}
}

/** JSON without loss: integers of any size are bigint. Objects have no prototype, so `__proto__` is a key like any other. */
export type JsonValue = null | boolean | string | bigint | InexactNumber | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null;
}

/** What a value is, for a message: "a string", "an array". */
export function typeWord(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'bigint' || value instanceof InexactNumber) return 'a number';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
