import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT } from '../cli/scmp.js';
import { isOnPath } from '../on-path.js';
import { codeBlocks } from './code-blocks.js';
import { Workspace } from './workspace.js';

const GUIDES = `${ROOT}docs/guides`;
const guides = readdirSync(GUIDES).filter((name) => name !== 'README.md');
const pages = ['README.md', 'docs/minimiser.md', ...guides.map((name) => `docs/guides/${name}`)];
const read = (path: string) => readFileSync(path, 'utf8');

describe.each(pages)('%s', (name) => {
  const blocks = codeBlocks(read(ROOT + name));
  const workspace = new Workspace();
  afterAll(() => workspace.remove());

  it('has commands that are run', () => {
    expect(blocks.filter(({ kind }) => kind === 'shell').length).toBeGreaterThan(0);
    for (const block of blocks) if (block.kind === 'not-run') expect(block.reason.split(' ').length).toBeGreaterThan(3);
  });

  for (const block of blocks) {
    if (block.kind === 'file') {
      it(`line ${block.line}: ${block.file}`, () => workspace.write(block.file, block.text));
    } else if (block.kind === 'shell') {
      const { needs } = block;
      const isHere = needs === undefined || isOnPath(needs) || existsSync(`${ROOT}node_modules/.bin/${needs}`);
      if (!isHere && !process.env.CI) console.warn(`SKIPPED: a block of ${name}, ${needs} is missing`);
      it.runIf(isHere || process.env.CI)(`line ${block.line}: ${block.text.trim().split('\n')[0]}`, () => {
        const { status, output } = workspace.shell(block.text);
        expect(status, output).toBe(block.exit);
        if (block.output !== undefined) expect(output).toBe(block.output);
        expect(output).not.toContain('internal error');
      });
    }
  }
});

it('lists every guide', () => {
  const listed = [...read(join(GUIDES, 'README.md')).matchAll(/\]\(([a-z-]+\.md)\)/g)].map((match) => match[1]);
  expect(listed.sort()).toEqual(guides.sort());
});

it('has no link to a file that is not there', () => {
  const pages = [
    ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
    ...readdirSync(`${ROOT}docs`, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ];
  const dead = pages.flatMap((page) =>
    [...read(ROOT + page).matchAll(/\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map((match) => match[1] as string)
      .filter((target) => !existsSync(join(ROOT, dirname(page), target)))
      .map((target) => `${page}: ${target}`),
  );
  expect(pages.length).toBeGreaterThan(10);
  expect(dead).toEqual([]);
});
