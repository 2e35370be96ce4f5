import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ROOT } from './installed-package.js';

/** What the copies of the library have that this looks at. */
interface Copy {
  compileProfileSync(profile: unknown, options: object): unknown;
  ScmpError: abstract new () => Error;
  ProfileError: new (...args: never) => Error;
  CompileError: new (...args: never) => Error;
  InvalidArgumentError: new (...args: never) => Error;
}

const require = createRequire(import.meta.url);
const load = (file: string): Promise<Copy> => import(pathToFileURL(`${ROOT}dist/${file}`).href);
const copies: Readonly<Record<string, Copy>> = {
  '.': await load('index.js'),
  '/inline': await load('inline.js'),
  '., required': require(`${ROOT}dist/index.cjs`),
  '/inline, required': require(`${ROOT}dist/inline.cjs`),
};
const pairs = Object.keys(copies).flatMap((from) => Object.keys(copies).map((to): [string, string] => [from, to]));

describe.each(pairs)('an error of %s, by the classes of %s', (from, to) => {
  const raise = (profile: unknown, options: object): unknown => {
    try {
      return copies[from]!.compileProfileSync(profile, options);
    } catch (error) {
      return error;
    }
  };

  it('is one of its class, of ScmpError and of no other', () => {
    const { ScmpError, ProfileError, CompileError, InvalidArgumentError } = copies[to]!;
    expect(copies[from]!.ProfileError === ProfileError).toBe(from === to);
    const bad = raise('{}', { arch: 'x86_64' });
    const mistaken = raise({ defaultAction: 'SCMP_ACT_ALLOW' }, { arch: 'nothing' });
    for (const [error, of, others] of [
      [bad, ProfileError, [CompileError, InvalidArgumentError]],
      [mistaken, InvalidArgumentError, [CompileError, ProfileError]],
    ] as const) {
      expect(error).toBeInstanceOf(of);
      expect(error).toBeInstanceOf(ScmpError);
      for (const other of others) expect(error).not.toBeInstanceOf(other);
    }
    expect(new Error('theirs')).not.toBeInstanceOf(ScmpError);
  });
});
