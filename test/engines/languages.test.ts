import { afterAll, describe, expect, it } from 'vitest';
import { compileProfileSync } from '../../src/compiler/index.js';
import { ScmpError } from '../../src/errors.js';
import { readProfile } from '../../src/profile/index.js';
import { hasOwner, scratchFolder } from '../owners/owner.js';
import { lxcCompiler, type Made, SNAP_SECCOMP, snapCompiler } from '../owners/run-owners.js';
import { answersOf } from './ask.js';
import { LANGUAGES, type Language, STRICTER_THAN_OWNERS, WRITTEN_SHAPES } from './languages.js';

// What LXC and snapd make of the shapes that their languages can say, and what we do. systemd's units are started in
// test/kernel/systemd-units.test.ts, each with ours compared on every call.

const UNIT = '[Service]\nExecStart=/bin/true\n';

function ours(language: Language, text: string): Made {
  try {
    const profile = readProfile(language === 'systemd' ? `${UNIT}${text}\n` : text, { format: language });
    return compileProfileSync(profile, { arch: 'x86_64', unknownSyscall: 'ignore', libseccompVersion: '2.5.4' })
      .program;
  } catch (error) {
    if (error instanceof ScmpError) return error.message;
    throw error;
  }
}

const shapesOf = (language: Language) => WRITTEN_SHAPES.filter(({ texts }) => texts[language] !== undefined);

function answers(language: Language, compile: (text: string) => Made): Record<string, string> {
  return Object.fromEntries(
    shapesOf(language).map((shape) => {
      const made = compile(shape.texts[language]!);
      return [shape.what, typeof made === 'string' ? 'refused' : answersOf(shape, made)];
    }),
  );
}

const recorded = (language: Language): Record<string, string | undefined> =>
  Object.fromEntries(shapesOf(language).map((shape) => [shape.what, shape.answers[language]]));

it.each(LANGUAGES)('%s: ours answers as is recorded, or is stricter', (language) => {
  const stricter = Object.entries(STRICTER_THAN_OWNERS).filter(([, languages]) => languages.includes(language));
  const refused = Object.fromEntries(stricter.map(([what]) => [what, 'refused']));
  expect(answers(language, (text) => ours(language, text))).toEqual({ ...recorded(language), ...refused });
  for (const [what] of stricter) expect(recorded(language)[what]).not.toBe('refused');
});

describe.skipIf(!hasOwner('lxc-execute', 'lxc'))('LXC', () => {
  const folder = scratchFolder('lxc-shapes');
  afterAll(() => folder.remove());
  it('answers as is recorded', () => {
    expect(answers('lxc', lxcCompiler(folder.path))).toEqual(recorded('lxc'));
  });
});

describe.skipIf(!hasOwner(SNAP_SECCOMP, 'snapd'))('snap-seccomp', () => {
  const folder = scratchFolder('snapd-shapes');
  afterAll(() => folder.remove());
  it('answers as is recorded', () => {
    expect(answers('snapd', snapCompiler(folder.path))).toEqual(recorded('snapd'));
  });
});
