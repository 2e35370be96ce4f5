import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../cli/scmp.js';
import { renderPage, TABLES } from './page.js';

// docs/field/runtimes.md has what the tests of this folder hold. `npx vitest run test/engines/page.test.ts -u` writes it.

it('docs/field/runtimes.md has the tables of the data', async () => {
  const path = join(ROOT, 'docs/field/runtimes.md');
  const page = readFileSync(path, 'utf8');
  for (const name of Object.keys(TABLES)) expect(page).toContain(`<!-- table: ${name} -->`);
  await expect(renderPage(page)).toMatchFileSnapshot(path);
});
