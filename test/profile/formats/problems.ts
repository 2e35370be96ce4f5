import { expect } from 'vitest';
import { ProfileError } from '../../../src/profile/document/profile-error.js';

/** What a reader finds wrong, `SOURCE:LINE:COLUMN: CODE: MESSAGE`; nothing where it reads the text. */
export function problemsOf(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(ProfileError);
    return (error as ProfileError).issues.map(
      ({ code, message, position, source }) =>
        `${source ?? (error as ProfileError).source}:${position?.line}:${position?.column}: ${code}: ${message}`,
    );
  }
  return [];
}
