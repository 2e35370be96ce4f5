import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../cli/scmp.js';

// @ts-expect-error a plain script, which docs/api/ is written with
const { apiReference } = (await import('../../scripts/api-reference.mjs')) as { apiReference(): Map<string, string> };
const pages = apiReference();

describe.each([...pages])('docs/api/%s', (name, text) => {
  it('is what the docstrings say now', () => {
    const written = readFileSync(`${ROOT}docs/api/${name}`, 'utf8');
    expect(written === text, `docs/api/${name} is out of date: run node scripts/api-reference.mjs`).toBe(true);
  });

  it('has words on every function and class', () => {
    const silent = text
      .split(/^## /m)
      .slice(1)
      .filter((section) => /^\w+\n\n```ts\n(function|class|abstract class) /.test(section))
      .map((section) => section.split('\n')[0]);
    expect(silent).toEqual([]);
  });
});

it('has the main entries', () => {
  expect(pages.get('index.md')).toContain('## compileProfile\n');
  expect(pages.get('loader.md')).toContain('## spawnSandboxed\n');
});
