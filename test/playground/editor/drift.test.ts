import { ChangeSet } from '@codemirror/state';
import { expect, it } from 'vitest';
import { type Drift, drifted, firstAt, placeNow } from '../../../src/playground/editor/drift.js';
import fc from '../../fast-check.js';

const word = fc.stringMatching(/^[a-z]{1,6}$/);

it('a word that nobody has touched is found in the text as it is, whatever was typed around it', () => {
  const edit = fc.record({ at: fc.nat(), remove: fc.nat(8), insert: fc.stringMatching(/^[A-Z ]{0,5}$/) });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), fc.array(edit, { maxLength: 12 }), (words, edits) => {
      let text = words.join('  ');
      let end = -2;
      const places = words.map((each) => {
        const from = end + 2;
        end = from + each.length;
        return { from, to: end };
      });
      let drift: Drift;
      for (const { at, remove, insert } of edits) {
        const from = at % (text.length + 1);
        // Only what is between words goes.
        const gap = /^ */.exec(text.slice(from, from + remove))?.[0].length ?? 0;
        const isBetween = text[from - 1] === ' ' || text[from] === ' ';
        if (!isBetween) continue;
        drift = drifted(drift, ChangeSet.of({ from, to: from + gap, insert }, text.length));
        text = text.slice(0, from) + insert + text.slice(from + gap);
      }
      const now = places.map(({ from, to }) => placeNow(drift, from, to));
      expect(now.map((place) => place && text.slice(place.from, place.to))).toEqual(words);
      for (let offset = 0; offset <= text.length; offset++) {
        const first = firstAt(drift, places.length, (index) => places[index]!.to, offset);
        const wanted = now.findIndex((place) => place!.to >= offset);
        expect(first).toBe(wanted < 0 ? places.length : wanted);
      }
    }),
  );
});

it('a place of another text is none of this one', () => {
  const drift = drifted(undefined, ChangeSet.of({ from: 0, insert: 'a' }, 3));
  expect(placeNow(drift, 2, 9)).toBeUndefined();
  expect(placeNow(undefined, 2, 9)).toEqual({ from: 2, to: 9 });
});
