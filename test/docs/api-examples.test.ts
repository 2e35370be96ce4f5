import { afterAll, describe, expect, it } from 'vitest';
import { Workspace } from './workspace.js';

// What the reference says of every function and class: what it throws, and an example, as a user would run it.

interface Api {
  apiReference(): Promise<Map<string, string>>;
}

// @ts-expect-error a plain script, which docs/api/ is written with
const { apiReference } = (await import('../../scripts/api.mjs')) as Api;

/** The entries where something is still without. Their examples run too. */
const INCOMPLETE = new Set(['loader']);

/** The parts of the pages, a name each. */
const sections = [...(await apiReference())]
  .filter(([page]) => page !== 'README.md')
  .flatMap(([page, pageText]) => {
    const entry = page.replace('.md', '');
    return pageText
      .split(/^### /m)
      .slice(1)
      .map((text) => {
        const name = /^(?:`abstract` )?(\w+)/.exec(text)?.[1] ?? '';
        return {
          entry,
          name,
          place: `${page}#${name.toLowerCase()}`,
          text,
          isFunction: /^\w+\(\)/.test(text),
          isClass: text.includes('\n#### Constructors\n'),
        };
      });
  });
type Section = (typeof sections)[number];

const examples = sections.flatMap(({ entry, name, text }) =>
  [...text.matchAll(/^#{4,6} Examples?\n\n```js\n([\s\S]*?)^```$/gm)].map(([, code = '']) => ({ entry, name, code })),
);

const hasExample = ({ name }: Section) => examples.some((example) => example.name === name);

/** A function or class with no example of its own shows one that has it: by `@see`. */
function refersToExample({ entry, text }: Section): boolean {
  const [, see = ''] = /^#### See\n\n([\s\S]*?)(?=^#|^\*\*\*$|$(?![\s\S]))/m.exec(text) ?? [];
  const places = [...see.matchAll(/\]\((?:(\w+\.md))?#(\w+)\)/g)].map(
    ([, page = `${entry}.md`, anchor]) => `${page}#${anchor}`,
  );
  return sections.some((section) => places.includes(section.place) && hasExample(section));
}

const complete = sections.filter(({ entry }) => !INCOMPLETE.has(entry));

it.each(complete.filter(({ isFunction }) => isFunction))(
  '$entry: $name says what it throws, and has an example',
  (section) => {
    expect(section.text).toContain('\n#### Throws\n');
    expect(hasExample(section) || refersToExample(section), 'an @example, or a @see to what has one').toBe(true);
  },
);

it('every class has an example', () => {
  const classes = complete.filter(({ isClass }) => isClass);
  expect(classes.length).toBeGreaterThan(3);
  expect(
    classes
      .filter((section) => !hasExample(section) && !refersToExample(section))
      .map(({ entry, name }) => `${entry}: ${name}`),
  ).toEqual([]);
});

describe('the example of', () => {
  const workspace = new Workspace();
  afterAll(() => workspace.remove());

  it.each(examples)('$entry: $name', ({ name, code }) => {
    workspace.write(`${name}.mjs`, code);
    const { status, output } = workspace.shell(`node ${name}.mjs`);
    expect(status, output).toBe(0);
    // What a line prints stands behind it.
    const printed = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);
    expect(output.trimEnd().split('\n')).toEqual(printed);
  });
});
