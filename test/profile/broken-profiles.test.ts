import { describe, expect, it } from 'vitest';
import { ScmpError } from '../../src/errors.js';
import { ProfileError } from '../../src/profile/document/profile-error.js';
import { readProfile } from '../../src/profile/index.js';
import { BROKEN_PROFILES } from './broken-profiles.js';

function errorOf(content: string | Uint8Array): unknown {
  try {
    readProfile(content, { source: 'broken.json' });
  } catch (error) {
    return error;
  }
  throw new Error('it was read');
}

describe('broken profiles', () => {
  it('has names that tell them apart', () => {
    expect(new Set(BROKEN_PROFILES.map(({ name }) => name)).size).toBe(BROKEN_PROFILES.length);
    expect(BROKEN_PROFILES.length).toBeGreaterThanOrEqual(45);
  });

  it.each(BROKEN_PROFILES)('$name: $issueCode', ({ content, errorCode, issueCode, position }) => {
    const started = performance.now();
    const error = errorOf(content);
    expect(performance.now() - started).toBeLessThan(30_000);
    expect(error).toBeInstanceOf(ProfileError);
    expect(error).toBeInstanceOf(ScmpError);
    const { code, name, message, issues } = error as ProfileError;
    expect({ code, name }).toEqual({ code: errorCode, name: 'ProfileError' });
    const issue = issues.find((each) => each.code === issueCode);
    expect(issue, `codes: ${issues.map((each) => each.code)}`).toBeDefined();
    const found = issue!.position && { line: issue!.position.line, column: issue!.position.column };
    expect(found).toEqual(position);
    const place = position ? `broken.json:${position.line}:${position.column}: ` : 'broken.json: ';
    expect(message.split('\n').some((line) => line.startsWith(place) && line.includes(issue!.message))).toBe(true);
    expect(message).not.toMatch(/undefined|\[object|Invalid input/);
  });
});
