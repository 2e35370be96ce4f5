import { describe, expect, it } from 'vitest';
import { BROKEN_PROFILES } from '../profile/broken-profiles.js';
import { scmp } from './scmp.js';

// The readers' own test asserts position and code of each; here: what a user of the command sees of it.

const SMALL = 100_000;
const profiles = BROKEN_PROFILES.filter(({ content }) => content.length < SMALL);
// Each start of the command takes a tenth of a second: every third through compile, and of those every third through run.
const sample = <T>(items: readonly T[]) => items.filter((_, index) => index % 3 === 0);

describe.each(sample(profiles))('given $name', ({ content }) => {
  it('scmp compile is exit 2, a message with the place, and no program', () => {
    const { status, signal, stdout, stderr } = scmp(['compile', '-', '--arch', 'x86_64'], { input: content });
    expect({ status, signal, output: stdout.length }).toEqual({ status: 2, signal: null, output: 0 });
    expect(stderr).toMatch(/^scmp: stdin(:\d+:\d+)?: ./);
    expect(stderr).not.toMatch(/^\s+at |internal error/m);
  });
});

describe.each(sample(sample(profiles)))('given $name', ({ content }) => {
  it.runIf(process.platform === 'linux')('scmp run runs nothing', () => {
    const { status, stdout } = scmp(['run', '--profile', '-', '--', 'echo', 'it ran'], { input: content });
    expect({ status, output: stdout.toString() }).toEqual({ status: 2, output: '' });
  });
});

it('there are enough of them', () => {
  expect(sample(profiles).length).toBeGreaterThanOrEqual(30);
});
