import { describe, expect, it } from 'vitest';
import { ProfileError, readProfile } from '../../../src/profile/index.js';
import { BROKEN_TEXTS } from './broken-texts.js';

function errorOf(content: string): unknown {
  try {
    readProfile(content, { source: 'broken' });
  } catch (error) {
    return error;
  }
  throw new Error('it was read');
}

describe('broken texts', () => {
  it('are many, with names that tell them apart', () => {
    expect(new Set(BROKEN_TEXTS.map(({ name }) => name)).size).toBe(BROKEN_TEXTS.length);
    expect(BROKEN_TEXTS.length).toBeGreaterThanOrEqual(90);
  });

  it.each(BROKEN_TEXTS)('$name: $issueCode', ({ content, errorCode, issueCode, line, column }) => {
    const error = errorOf(content);
    expect(error).toBeInstanceOf(ProfileError);
    const { code, issues, message } = error as ProfileError;
    const found = issues.map((issue) => `${issue.code} ${issue.position?.line}:${issue.position?.column}`);
    expect(found, message).toContain(`${issueCode} ${line}:${column}`);
    expect(code).toBe(errorCode);
    expect(message).not.toMatch(/undefined|\[object|Invalid input/);
  });
});
