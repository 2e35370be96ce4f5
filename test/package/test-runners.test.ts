import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InstalledPackage, output, ROOT } from './installed-package.js';

const JEST = '30.5.2';
const VITEST = '4.1.12';

const PROFILE = "{ extends: 'no-network', syscalls: [{ names: ['ptrace'], action: 'SCMP_ACT_KILL_PROCESS' }] }";

/** A test as the guide has it. Lines after `@ts-expect-error` are errors only where `expect` has the types. */
const CLAIMS = `
const profile = ${PROFILE};
expect(profile).toAllow('read');
expect(profile).toDeny('socket', { domain: 'AF_INET' });
expect(profile).not.toDeny('socket', { domain: 'AF_UNIX' });
expect(profile).toAnswer('KILL_PROCESS', 'ptrace');
// @ts-expect-error: what is answered is missing
const wrong = () => expect(profile).toAnswer(7, 'ptrace');
// @ts-expect-error: no matcher has this name
const unknown = () => expect(profile).toAlow('read');
`;

/** One that uses vitest's and jest's own matchers beside ours, and looks for names that they take. */
const VITEST_TEST = `
import { expect as jest } from 'expect';
import { seccompMatchers } from 'libseccomp-wasm/testing';
import { chai, expect, it, vi } from 'vitest';

const ours = Object.keys(seccompMatchers());
const propertiesOf = (value: object | null): string[] =>
  value === null ? [] : [...Object.getOwnPropertyNames(value), ...propertiesOf(Object.getPrototypeOf(value))];
const theirs = [...propertiesOf(chai.Assertion.prototype), ...propertiesOf(jest(0))];

it('takes no name of either', () => {
  for (const name of ['toReturn', 'toEqual', 'toHaveReturnedWith']) {
    if (theirs.filter((each) => each === name).length < 2) throw new Error('the names of both are not found: ' + name);
  }
  expect(ours.filter((name) => theirs.includes(name))).toEqual([]);
});

it('works beside its own', () => {
  expect.extend(seccompMatchers({ arch: 'x86_64' }));
  const spy = vi.fn(() => 1);
  spy();
  expect(spy).toReturn();
  ${CLAIMS}
});
`;

const JEST_EXPECT = (from: string) => `
import { expect } from '${from}';
import { seccompMatchers } from 'libseccomp-wasm/testing';
expect.extend(seccompMatchers({ arch: 'x86_64' }));
${CLAIMS}
`;

const OPTIONS = (types: readonly string[]) =>
  JSON.stringify({
    compilerOptions: {
      target: 'ES2022',
      module: 'NodeNext',
      strict: true,
      skipLibCheck: true,
      noUnusedLocals: false,
      types,
    },
  });

describe('the matchers in projects of users', () => {
  let installed: InstalledPackage | undefined;
  beforeAll(async () => {
    const runners = [`vitest@${VITEST}`, `expect@${JEST}`, `@jest/globals@${JEST}`, '@types/jest@30.0.0'];
    try {
      installed = await InstalledPackage.install(runners);
    } catch (error) {
      if (process.env.CI) throw error;
      console.warn(`SKIPPED: the tests of the matchers' types; vitest and jest cannot be installed here: ${error}`);
    }
  }, 300_000);
  afterAll(() => installed?.remove());

  const compile = (project: string) =>
    output(process.execPath, [`${ROOT}node_modules/@typescript/native/bin/tsc`, '--noEmit', '-p', project], project);

  it('run in vitest, and have types there', async (context) => {
    if (!installed) return context.skip();
    const project = installed.project('vitest', {
      'package.json': '{ "type": "module" }',
      'profile.test.ts': VITEST_TEST,
      'tsconfig.json': OPTIONS(['node']),
    });
    expect(await compile(project)).toBe('');
    const vitest = join(installed.folder, 'node_modules/vitest/vitest.mjs');
    expect(await output(process.execPath, [vitest, 'run', '--root', project, '--reporter=tap-flat'], project)).toMatch(
      /^ok 2 /m,
    );
  });

  it("run with jest's expect, and have types there", async (context) => {
    if (!installed) return context.skip();
    const project = installed.project('jest', {
      'package.json': '{ "type": "module" }',
      'globals.ts': JEST_EXPECT('@jest/globals'),
      'expect.ts': JEST_EXPECT('expect'),
      'tsconfig.json': OPTIONS(['node']),
      'run.mjs': JEST_EXPECT('expect'),
    });
    expect(await compile(project)).toBe('');
    expect(await output(process.execPath, ['run.mjs'], project)).toBe('');
  });

  it("have types for jest's global expect", async (context) => {
    if (!installed) return context.skip();
    const project = installed.project('jest-global', {
      'package.json': '{ "type": "module" }',
      'profile.test.ts': JEST_EXPECT('expect').replace(/^import .*'expect';$/m, ''),
      'tsconfig.json': OPTIONS(['node', 'jest']),
    });
    expect(await compile(project)).toBe('');
  });
});
