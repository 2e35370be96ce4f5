import { describe, expect, it } from 'vitest';
import { ProfileError } from '../../src/profile/document/profile-error.js';
import { readProfile } from '../../src/profile/index.js';

const message = (text: string) => {
  try {
    readProfile(text, { source: 'p' });
  } catch (error) {
    expect(error).toBeInstanceOf(ProfileError);
    return (error as ProfileError).issues.map((issue) => [issue.code, issue.message].join(': '));
  }
  return ['read'];
};

describe('a policy in another tool\u2019s language', () => {
  it.each([
    ['firejail', 'include default.local\nseccomp.drop mkdir,@clock\n'],
    ['firejail', 'caps.drop all\nseccomp\n'],
  ])('%s is named: %j', (name, text) => {
    expect(message(text)).toEqual([expect.stringMatching(`^foreign-format: this is .*${name}.*, which is not read$`)]);
  });

  it.each([
    '{"defaultAction": "SCMP_ACT_ALLOW"}',
    'defaultAction: SCMP_ACT_ALLOW\n',
    'default errno EPERM\nallow close\n',
    '[Service]\nSystemCallFilter=close\n',
  ])('and nothing is that is one of ours: %j', (text) => {
    expect(message(text)).toEqual(['read']);
  });

  it('what is broken and none of these keeps its own error', () => {
    expect(message('{"defaultAction": "SCMP_ACT_ALLOW"')).not.toEqual([expect.stringContaining('foreign-format')]);
    expect(message('hello, world!')).not.toEqual([expect.stringContaining('foreign-format')]);
    expect(message(`${'a '.repeat(200_000)}\n${'USE\n'.repeat(50_000)}`)).toHaveLength(1);
  });
});
