import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CHECK_RULES } from '../../src/check/index.js';
import { PROGRAM_RULE_IDS } from '../../src/check/program-rule-ids.js';
import { PROGRAM_CHECK_RULES } from '../../src/check/program-rules.js';
import { check, ids, type Options } from './profiles.js';

const page = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const sectionsOf = (text: string) =>
  text
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [, id = '', severity = ''] = /^`([a-z0-9-]+)` \((\w+)\)\n/.exec(section) ?? [];
      const [, summary = ''] = section.split('\n');
      return {
        id,
        severity,
        summary,
        section,
        example: (/```json\n(.*)\n```/.exec(section) ?? /```text\n([^`]*)\n```/.exec(section))?.[1],
      };
    });
const text = page('check.md');
const sections = sectionsOf(text);

it('docs/check.md lists the findings there are, in the order of the registry', () => {
  expect(sections.map(({ id, severity, summary }) => ({ id, severity, summary }))).toEqual([
    ...CHECK_RULES.map(({ id, severity, summary }) => ({ id, severity, summary })),
    {
      id: 'unreadable',
      severity: 'error',
      summary: 'A file that is not there, or a profile that cannot be read; nothing else of it was checked.',
    },
  ]);
});

it('the ids of what is found in programs are those of its rules', () => {
  expect(PROGRAM_CHECK_RULES.map(({ id }) => id)).toEqual(PROGRAM_RULE_IDS);
});

it('docs/programs.md lists those that only programs have, and says why, what to do and when to ignore each', () => {
  const ofProfiles = new Set(CHECK_RULES.map(({ id }) => id));
  const described = sectionsOf(page('programs.md')).filter(({ id }) => id !== '');
  expect(described.map(({ id, severity, summary }) => ({ id, severity, summary }))).toEqual(
    PROGRAM_CHECK_RULES.filter(({ id }) => !ofProfiles.has(id)).map(({ id, severity, summary }) => ({
      id,
      severity,
      summary,
    })),
  );
  for (const { section } of described) {
    for (const part of ['*Why:*', '*Fix:*', '*Ignore*']) expect(section).toContain(part);
  }
});

/** An option that a finding is about stands alone in front of its example. */
function optionsOf(section: string): Options {
  const [, option, value] = /^With `--(\w+) (\S+)`:$/m.exec(section) ?? [];
  const names: Record<string, string> = { libseccomp: 'libseccompVersion', target: 'engine', from: 'format' };
  return option === undefined ? {} : { [names[option] ?? option]: value };
}

it.each(sections)(
  '$id: says why, what to do and when to ignore it, with an example that has it',
  ({ id, section, example }) => {
    for (const part of ['*Why:*', '*Fix:*', '*Ignore*']) expect(section).toContain(part);
    if (example === undefined || id === 'unreadable')
      expect([
        'rule-refused',
        'filter-too-large',
        'filter-near-limit',
        'byte-order-mark',
        'reader-warning',
        'unreadable',
      ]).toContain(id);
    else expect(ids(check(example, { targets: undefined, ...optionsOf(section) }))).toContain(id);
  },
);

it('says what is wrong with a profile in words, and shows no value that gets past one', () => {
  // Past 32 bits: what a comparison that is too wide does not look for.
  expect(text.match(/0x[1-9a-f][0-9a-f]{8,}/gi)).toBeNull();
});
