import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../cli/scmp.js';
import { hasSeccomp } from '../kernel/has-seccomp.js';
import { Workspace } from './workspace.js';

// What the reference says of every function and class: what it throws, and an example, as a user would run it.
// The pages are read as they are in docs/api/, which api.test.ts compares with the docstrings.

const PAGES = join(ROOT, 'docs/api');

/** Why an example cannot run here. */
function whyNotHere({ entry, name }: { entry: string; name: string }): string | undefined {
  if (entry !== 'loader') return undefined;
  if (!hasSeccomp()) return 'seccomp(2) cannot be used here';
  return name === 'dumpFilters' && process.getuid?.() !== 0 ? 'it takes CAP_SYS_ADMIN' : undefined;
}

/** The parts of the pages, a name each. */
const sections = readdirSync(PAGES)
  .filter((page) => page !== 'README.md')
  .flatMap((page) => {
    const entry = page.replace('.md', '');
    return readFileSync(join(PAGES, page), 'utf8')
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

it.each(sections.filter(({ isFunction }) => isFunction))(
  '$entry: $name says what it throws, and has an example',
  (section) => {
    expect(section.text).toMatch(/\n#### Throws\n\n(`\w+` when|nothing\b)/);
    expect(hasExample(section) || refersToExample(section), 'an @example, or a @see to what has one').toBe(true);
  },
);

it('every class has an example', () => {
  const classes = sections.filter(({ isClass }) => isClass);
  expect(classes.length).toBeGreaterThan(3);
  expect(
    classes
      .filter((section) => !hasExample(section) && !refersToExample(section))
      .map(({ entry, name }) => `${entry}: ${name}`),
  ).toEqual([]);
});

/**
 * A program that runs files of examples one after the other and prints, for each, a line of JSON: what it printed, and
 * what stopped it. To start a process for each would take most of the time. Examples of the loader have one each: they
 * start programs and put filters on their own process.
 */
const RUN_ALL = `
const [, , ...files] = process.argv;
const printed = process.stdout.write.bind(process.stdout);
for (const file of files) {
  let output = '';
  process.stdout.write = process.stderr.write = (text) => (output += text, true);
  const error = await import(file).then(() => undefined, (reason) => String(reason?.stack ?? reason));
  printed(JSON.stringify({ output, error }) + '\\n');
}
`;

describe('the example of', () => {
  const workspace = new Workspace();
  afterAll(() => workspace.remove());

  const together = examples.filter(({ entry }) => entry !== 'loader');
  const results: { output: string; error?: string }[] = [];
  beforeAll(() => {
    workspace.write('run-all.mjs', RUN_ALL);
    const files = together.map(({ entry, name, code }, at) => {
      const file = `./${at}-${entry}-${name}.mjs`;
      workspace.write(file, code);
      return file;
    });
    const { output } = workspace.shell(`node run-all.mjs ${files.join(' ')}`);
    results.push(
      ...output
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    );
    expect(results.length).toBe(together.length);
  });

  it.for(examples)('$entry: $name', (example, { skip }) => {
    const { entry, name, code } = example;
    const reason = whyNotHere(example);
    if (reason !== undefined) {
      console.warn(`SKIPPED the example of ${entry}: ${name}: ${reason}`);
      skip(reason);
    }
    const { output, error } = results[together.indexOf(example)] ?? runAlone(name, code);
    expect(error, output).toBeUndefined();
    // What a line prints stands behind it; the command that installAndExec becomes prints too.
    const printed = [...code.matchAll(/(?:console\.log|^installAndExec)\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);
    expect(output.trimEnd().split('\n')).toEqual(printed);
  });

  function runAlone(name: string, code: string): { output: string; error?: string } {
    workspace.write(`${name}.mjs`, code);
    const { status, output } = workspace.shell(`node ${name}.mjs`);
    return status === 0 ? { output } : { output, error: `exit status ${status}` };
  }
});
