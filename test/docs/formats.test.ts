import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FORMATS } from '../../src/profile/formats/index.js';
import { INPUT_FORMATS, OUTPUT_FORMATS } from '../../src/profile/index.js';
import { ROOT } from '../cli/scmp.js';

// docs/formats.md has every format of the list, in its order, and no other.

const page = readFileSync(join(ROOT, 'docs/formats.md'), 'utf8');

/** The first column of the table under a head. */
function rows(head: string): string[] {
  const table = page.slice(page.indexOf(`| ${head} |`)).split('\n\n')[0]!;
  return [...table.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name!);
}

describe('docs/formats.md', () => {
  it('has a row for each format that is read', () => {
    const named = FORMATS.filter((format) => !('variantOf' in format)).map(({ id }) => id);
    expect(named.length).toBeGreaterThan(5);
    expect(rows('Format')).toEqual(named);
  });

  it('counts those that are objects', () => {
    const words = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
    const lines = FORMATS.findIndex(({ syntax }) => syntax === 'lines');
    const named = FORMATS.slice(0, lines).filter((format) => !('variantOf' in format));
    expect(page).toContain(`The first ${words[named.length]} are objects`);
  });

  it('says what --from takes', () => {
    const [, list = ''] = /`--from` names one: ([\s\S]*?)\.\n/.exec(page) ?? [];
    const names = [...list.matchAll(/`([\w-]+)`/g)].map(([, name]) => name!);
    expect(names.sort()).toEqual([...INPUT_FORMATS].sort());
  });

  it('says what --to takes, and what each cannot say', () => {
    expect(page).toContain(`\`scmp convert PROFILE --to ${OUTPUT_FORMATS.join('|')}\``);
    expect(rows('To')).toEqual(OUTPUT_FORMATS);
  });
});
