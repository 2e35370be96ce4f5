import { expect, it } from 'vitest';
import { Engine } from '../../src/playground/engine/engine.js';
import { DEFAULT_SETTINGS as settings } from '../../src/playground/settings/settings.js';
import { TEXTS } from '../profile/formats/format-texts.js';

const engine = new Engine();

it.each(TEXTS)('a pasted text of %s compiles, is explained and checked: %j', async (format, text) => {
  const profile = { text, source: 'pasted', settings };
  const compiled = await engine.answer('compile', profile);
  expect(compiled).toMatchObject({ kind: 'compiled', format });
  expect(compiled.kind === 'compiled' && compiled.map.architectures.length).toBeGreaterThan(0);
  const { problems } = await engine.answer('check', profile);
  expect(problems.filter(({ id }) => id === 'unreadable')).toEqual([]);
});
