import { InvalidArgumentError } from '../../src/errors.js';
import { quote } from '../../src/text.js';

/** @throws {InvalidArgumentError} when C would take a string for a shorter one */
export function checkCStrings(strings: readonly string[]): void {
  for (const text of strings) {
    if (text.includes('\0')) throw new InvalidArgumentError(`${quote(text)} has a NUL byte, C strings cannot`);
  }
}

/** environ(7): `NAME=value`, without the variables that are undefined. */
export function environmentStrings(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
}
