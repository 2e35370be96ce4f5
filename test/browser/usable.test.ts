import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describePlayground, settled, showView, write } from './page.js';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

const TEXT = `{
  "defaultAction": "SCMP_ACT_ERRNO",
  "architectures": ["SCMP_ARCH_X86_64"],
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" },
    {
      "names": ["socket"],
      "action": "SCMP_ACT_ALLOW",
      "args": [{ "index": 0, "value": 4294967295, "valueTwo": 1, "op": "SCMP_CMP_MASKED_EQ" }]
    },
    { "names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": { "caps": ["CAP_SYS_ADMIN"] } }
  ]
}
`;

/** Nothing is to be said about it, for an architecture without a 32-bit one beside it. */
const QUIET =
  'default errno ENOSYS\nallow read, exit_group, execve, rt_sigreturn, mmap, munmap, mprotect, brk, close\n';

const lit = (page: Page, selector: string) => page.locator(selector).allTextContents();
const line = (page: Page, text: string) => page.locator('.cm-line', { hasText: text });
const focused = (page: Page) => page.evaluate(() => document.activeElement?.id || document.activeElement?.className);

/** What axe finds on the page, or in a part of it. */
async function axeFaults(page: Page, state: string, part = 'html'): Promise<string[]> {
  await settled(page);
  const found = await page.evaluate(async (selector) => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(part: string, options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
      };
    };
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const { violations } = await axe.run(selector, { runOnly: tags, resultTypes: ['violations'] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' ')}`);
  }, part);
  return found.map((fault) => `${state}: ${fault}`);
}

/** What shows less than its words, or is not in the window. The name of a file is longer than any room. */
function cutWords(page: Page): Promise<(string | null)[]> {
  return page.evaluate(() => {
    const pen = document.createElement('canvas').getContext('2d') as CanvasRenderingContext2D;
    const isCut = (each: HTMLElement) => {
      const { left, right } = each.getBoundingClientRect();
      if (each.scrollWidth > each.clientWidth + 1 || left < 0 || right > innerWidth) return true;
      const isSelect = each instanceof HTMLSelectElement;
      if (!isSelect && !(each instanceof HTMLInputElement)) return false;
      const { font, paddingLeft, paddingRight } = getComputedStyle(each);
      pen.font = font;
      const words = isSelect ? (each.selectedOptions[0]?.text ?? '') : each.value || each.placeholder;
      // A select has its arrow beside its words.
      const room = each.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight);
      return pen.measureText(words).width > room - (isSelect ? 16 : 0) + 1;
    };
    return [...document.querySelectorAll<HTMLElement>('.control, .tab, .figure dd')]
      .filter((each) => each.checkVisibility() && isCut(each))
      .map((each) => each.id || each.textContent || (each as HTMLInputElement).placeholder);
  });
}

describePlayground('the playground is read both ways', (playground) => {
  it('lights up what belongs together, from the profile, the map, the listing, the graph and a simulated call', async () => {
    const { page } = await playground.open();
    await write(page, TEXT);
    await expect.poll(() => page.locator('.map-group').count()).toBeLessThan(4);

    // From the caret: in a name its call, elsewhere all calls of the entry.
    await line(page, '"read", "write"').click({ position: { x: 60, y: 8 } });
    await expect.poll(() => lit(page, '.call.is-focused')).toEqual(['read', 'write']);
    await line(page, '"names": ["socket"]').click();
    await expect.poll(() => lit(page, '.call.is-focused')).toEqual(['socket']);
    expect(await page.locator('.cm-line.is-focused').count()).toBe(5);
    await showView(page, 'Program');
    await expect
      .poll(() => lit(page, '.listing-row.is-in-focus .listing-text').then((all) => all.join()))
      .toContain('args[0]');
    await page.getByRole('button', { name: 'Graph', exact: true }).click();
    await expect.poll(() => page.locator('.node.is-in-focus').count()).toBeGreaterThan(1);

    // From a block and from an instruction.
    await page.getByRole('button', { name: 'Listing', exact: true }).click();
    await page.locator('.listing-row', { hasText: 'A == read' }).click({ position: { x: 90, y: 9 } });
    await expect.poll(() => page.locator('.cm-activeLine').textContent()).toContain('"read"');
    expect(await page.locator('.instruction-bar').textContent()).toContain('for read');
    await showView(page, 'Map');
    await expect.poll(() => lit(page, '.call.is-focused')).toEqual(['read']);

    // From the map; the colour of an entry is one.
    await page.locator('.call[data-call=socket]').click();
    await expect.poll(() => page.locator('.cm-activeLine').textContent()).toContain('socket');
    const hue = (await page.locator('.call[data-call=socket]').getAttribute('class'))?.match(/entry-\d/)?.[0];
    expect(await page.locator('.cm-line.is-focused').first().getAttribute('class')).toContain(hue);
    await expect.poll(() => page.locator('.call-picture').textContent()).toContain('domain == AF_UNIX');
    expect(await page.locator('.call-picture').textContent()).toMatch(/ALLOW.*otherwise.*ERRNO\(EPERM\)/);

    // The verdict names the entry, and says why others do not decide.
    await page.getByRole('button', { name: 'Simulate socket' }).click();
    await page.locator('[data-argument="0"]').fill('AF_UNIX');
    const entries = page.locator('.verdict-entries');
    await expect.poll(() => entries.textContent()).toMatch(/^decides.*syscalls\[1\].*, 7:\d+/);
    await page.locator('[data-argument="0"]').fill('AF_INET');
    await expect.poll(() => entries.textContent()).toContain('domain is AF_INET');
    expect(await entries.textContent()).toContain('the default action decides');
    await page.locator('#call-name').fill('mount');
    await expect.poll(() => entries.textContent()).toMatch(/does not apply.*CAP_SYS_ADMIN/);
  });

  it('has panes that are moved, folded and remembered, and a page that never scrolls', async () => {
    const { page } = await playground.open();
    const splitter = page.getByRole('separator', { name: 'Width of the profile' });
    const width = () => page.locator('#profile-pane').evaluate((pane) => pane.getBoundingClientRect().width);
    const before = await width();
    await splitter.focus();
    for (let step = 0; step < 5; step++) await page.keyboard.press('ArrowRight');
    await expect.poll(width).toBeGreaterThan(before + 80);
    const box = (await splitter.boundingBox())!;
    await page.mouse.move(box.x + 8, box.y + 300);
    await page.mouse.down();
    await page.mouse.move(700, box.y + 300, { steps: 4 });
    await page.mouse.up();
    await expect.poll(width).toBeGreaterThan(640);
    const moved = await width();
    await page.reload();
    await page.waitForSelector('.code-editor', { state: 'attached' });
    await expect.poll(width).toBeCloseTo(moved, 0);
    await page.keyboard.press('Control+b');
    expect(await page.locator('#profile-pane').isVisible()).toBe(false);
    await page.keyboard.press('Control+b');
    await expect.poll(width).toBeCloseTo(moved, 0);

    // Findings: no room without any, and however many there are the page stays.
    await write(page, TEXT.replaceAll('"action"', '"acton"'));
    await page.waitForSelector('.problem.is-error');
    await page.mouse.move(600, 20);
    await page.mouse.wheel(0, 600);
    const scrolled = () => page.evaluate(() => [scrollY, document.documentElement.scrollHeight - innerHeight]);
    expect(await scrolled()).toEqual([0, 0]);
    await page.keyboard.press('Control+j');
    expect(await page.locator('.problem').first().isVisible()).toBe(false);
    await page.locator('#arch').selectOption('riscv64');
    await write(page, QUIET);
    await expect.poll(() => page.locator('#problems-count').textContent()).toBe('No findings');
    expect(await page.locator('#problems-pane').isVisible()).toBe(false);

    // Two columns from 768 pixels on; on a phone a tap shows, and the profile is a second step.
    await page.setViewportSize({ width: 768, height: 1024 });
    expect(await page.locator('#profile-pane').isVisible()).toBe(true);
    expect(await page.locator('#panel-map').isVisible()).toBe(true);
    await page.setViewportSize({ width: 390, height: 844 });
    await showView(page, 'Map');
    await page.locator('.call[data-call=read]').click();
    expect(await page.locator('#panel-map').isVisible()).toBe(true);
    await page.getByRole('button', { name: 'Show read in the profile' }).click();
    await expect.poll(() => page.locator('.cm-activeLine').isVisible()).toBe(true);
    expect(await page.locator('.cm-activeLine').textContent()).toContain('read');
  });

  it('cuts no word and hides no tab, in any view', async () => {
    const { page } = await playground.open();
    for (const width of [390, 640, 768, 820, 1280]) {
      await page.setViewportSize({ width, height: 844 });
      for (const view of ['Map', 'Program', 'Simulate', 'Diff', 'Why', 'Export', 'Options']) {
        await showView(page, view);
        expect([width, view, await cutWords(page)]).toEqual([width, view, []]);
      }
    }
  });

  it('is found, left and commanded by keys', async () => {
    const { page } = await playground.open();
    // Tab leaves the editor, both ways.
    await page.locator('.cm-content').click();
    await page.keyboard.press('Tab');
    expect(await focused(page)).not.toContain('code-editor');
    await page.keyboard.press('Shift+Tab');
    expect(await focused(page)).toContain('code-editor');
    expect(await page.locator('.cm-line').first().textContent()).toBe('{');

    await write(page, TEXT);
    await page.keyboard.press('Control+f');
    await page.locator('.cm-search [name=search]').fill('SCMP_ACT_ALLOW');
    await page.locator('.cm-search input[name=replace]').fill('SCMP_ACT_LOG');
    await page.locator('.cm-search [name=replaceAll]').click();
    await expect.poll(() => page.locator('.cm-content').textContent()).not.toContain('SCMP_ACT_ALLOW');
    await page.keyboard.press('Escape');

    await page.keyboard.press('Alt+2');
    expect(await page.getByRole('tab', { name: 'Program' }).getAttribute('aria-selected')).toBe('true');
    await page.waitForSelector('.listing-row');
    await page.locator('.listing').focus();
    await page.keyboard.press('Control+f');
    await page.keyboard.type('return');
    await expect.poll(() => page.locator('.listing-row.is-active').textContent()).toContain('return');
    expect(await page.locator('#panel-program .view-bar').textContent()).toMatch(/\d+ of \d+/);

    await page.keyboard.press('F1');
    const input = page.getByRole('combobox', { name: 'Find a command' });
    await input.fill('view map');
    const chosen = page.locator('.command[aria-selected=true]');
    expect(await chosen.textContent()).toBe('Show the view: MapAlt+1');
    expect(await input.getAttribute('aria-activedescendant')).toBe(await chosen.getAttribute('id'));
    await page.keyboard.press('Enter');
    expect(await page.getByRole('tab', { name: 'Map' }).getAttribute('aria-selected')).toBe('true');
    expect(await page.locator('dialog').count()).toBe(0);

    // Help: the tour, and a question with its answer.
    await page.keyboard.press('Shift+F1');
    await page.getByRole('button', { name: 'Take the tour' }).click();
    for (let step = 1; step < 5; step++) await page.getByRole('button', { name: 'Next' }).click();
    expect(await page.locator('.tour').textContent()).toContain('5 of 5');
    await page.getByRole('button', { name: 'Done' }).click();
    expect(await focused(page)).toBe('help');
    await page.keyboard.press('Enter');
    await page.getByRole('tab', { name: 'Versions' }).click();
    await expect.poll(() => page.locator('.help-body').textContent()).toMatch(/libseccomp2\.\d.*of Linux \d/);
    await page.getByRole('tab', { name: 'Glossary' }).click();
    await expect.poll(() => page.locator('.help-body dt').count()).toBeGreaterThan(15);
    await page.getByRole('tab', { name: 'Questions' }).click();
    await page.getByRole('button', { name: 'Why does this deny-list not hold?' }).click();
    await expect.poll(() => page.locator('.verdict').textContent()).toMatch(/ALLOW.*flags is CLONE_/);

    // On paper: the whole text, and no controls.
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('#print-text').textContent()).toContain('"clone"');
    expect(await page.getByRole('button', { name: 'Copy link' }).isVisible()).toBe(false);
    expect(await page.locator('#print-text').isVisible()).toBe(true);
  });

  it.each(['light', 'dark'] as const)('has none in the diff: two texts, and one profile of two, %s', async (scheme) => {
    const { page } = await playground.open({ scheme });
    await page.evaluate(readFileSync(AXE, 'utf8'));
    await write(page, 'default errno EPERM\nallow read, write\n');
    await settled(page);
    await showView(page, 'Diff');
    await page.getByLabel('Compare with').selectOption('example:plain list');
    await page.locator('.difference-call').first().click();
    await page.waitForSelector('.text-row.is-focused');
    const all = await axeFaults(page, 'texts', '#panel-diff');
    await page.getByRole('button', { name: 'Both allow' }).click();
    await page.locator('.combined-text').filter({ hasText: 'defaultAction' }).waitFor();
    all.push(...(await axeFaults(page, 'combined', '#panel-diff')));
    expect(all).toEqual([]);
  });

  it.each(['light', 'dark'] as const)(
    'has no accessibility fault that axe knows, %s, at all sizes',
    async (scheme) => {
      const { page } = await playground.open({ scheme });
      await page.evaluate(readFileSync(AXE, 'utf8'));
      const faults = (state: string) => axeFaults(page, state);
      const all: string[] = [];
      for (const [width, height] of [
        [390, 844],
        [768, 1024],
        [1280, 800],
        [1920, 1080],
      ] as const) {
        await page.setViewportSize({ width, height });
        await showView(page, 'Map');
        await page.locator('.call[data-call=socket]').click();
        all.push(...(await faults(`map ${width}`)));
      }
      // What looks the same at every size.
      await showView(page, 'Program');
      await page.getByRole('button', { name: 'Graph', exact: true }).click();
      all.push(...(await faults('graph')));
      await page.locator('.cm-content').click();
      await page.keyboard.press('Control+f');
      await page.waitForSelector('.cm-search');
      all.push(...(await faults('search')));
      await page.keyboard.press('F1');
      await page.waitForSelector('.command');
      all.push(...(await faults('commands')));
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Save…' }).click();
      await page.waitForSelector('.keep-versions > li');
      all.push(...(await faults('save and share')));
      await page.keyboard.press('Escape');
      await page.keyboard.press('Shift+F1');
      await page.getByRole('tab', { name: 'Questions' }).click();
      all.push(...(await faults('help')));
      expect(all).toEqual([]);
    },
    180_000,
  );
});
