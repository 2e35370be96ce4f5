import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT } from '../cli/scmp.js';
import { Workspace } from './workspace.js';

// The examples of the main entry's page, as a user would run them.

/** The parts of the page, a name each. */
const sections = readFileSync(`${ROOT}docs/api/index.md`, 'utf8')
  .split(/^### /m)
  .slice(1)
  .map((text) => ({ name: /^(?:`abstract` )?(\w+)/.exec(text)?.[1] ?? '', isFunction: /^\w+\(\)/.test(text), text }));
const examples = sections.flatMap(({ name, text }) =>
  [...text.matchAll(/^#### Examples?\n\n```js\n([\s\S]*?)^```$/gm)].map(([, code = '']) => ({
    name,
    code,
  })),
);

it.each(sections.filter(({ isFunction }) => isFunction))(
  '$name says what it throws, and has an example',
  ({ text }) => {
    expect(text).toContain('\n#### Throws\n');
    expect(text).toContain('\n#### Example');
  },
);

it('every class of errors has an example', () => {
  const classes = sections.filter(({ text }) => text.includes('\n#### Constructors\n')).map(({ name }) => name);
  expect(classes.length).toBeGreaterThan(3);
  expect(classes.filter((name) => !examples.some((example) => example.name === name))).toEqual([]);
});

describe('the example of', () => {
  const workspace = new Workspace();
  afterAll(() => workspace.remove());

  it.each(examples)('$name', ({ name, code }) => {
    workspace.write(`${name}.mjs`, code);
    const { status, output } = workspace.shell(`node ${name}.mjs`);
    expect(status, output).toBe(0);
    // What a line prints stands behind it.
    const printed = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);
    expect(output.trimEnd().split('\n')).toEqual(printed);
  });
});
