import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPlaygroundServer } from '../../src/cli/playground-server.js';
import { BUILT } from './built.js';

// Layout and keyboard in another engine. Puppeteer drives the distribution's Firefox by WebDriver BiDi, which
// Playwright does for a build of its own only.

const PATH = ['/usr/bin/firefox-esr', '/usr/bin/firefox'].find((path) => existsSync(path));
if (!PATH) {
  const missing = 'Firefox is missing (Debian: firefox-esr)';
  if (process.env.CI) throw new Error(`${missing}: ./build.sh --test installs it`);
  console.warn(`SKIPPED: the playground in Firefox, ${missing}`);
}

describe.skipIf(!PATH)('the playground in Firefox', () => {
  let server: Server;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    server = createPlaygroundServer(BUILT);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    browser = await puppeteer.launch({ browser: 'firefox', executablePath: PATH as string, headless: true });
    page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 800 });
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForSelector('#status[data-kind=good]');
    await page.waitForSelector('.code-editor');
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  const box = (selector: string) =>
    page.$eval(selector, (element) => {
      const { left, right, top, bottom, width, height } = element.getBoundingClientRect();
      return { left, right, top, bottom, width, height };
    });
  const text = (selector: string) => page.$eval(selector, (element) => element.textContent ?? '');
  const active = () => page.evaluate(() => document.activeElement?.id || document.activeElement?.className);

  it('has two columns from 768 pixels on, one below, and a page that never scrolls', async () => {
    for (const width of [1920, 1280, 768, 390]) {
      await page.setViewport({ width, height: 800 });
      const overflow = await page.evaluate(() => [
        document.documentElement.scrollWidth - innerWidth,
        document.documentElement.scrollHeight - innerHeight,
      ]);
      expect([width, ...overflow]).toEqual([width, 0, 0]);
      const panel = await box('#panel-map');
      expect(panel.bottom).toBeLessThanOrEqual(800);
      expect(panel.height).toBeGreaterThan(300);
      const profile = await box('#profile-pane');
      if (width >= 768) expect(profile.right).toBeLessThanOrEqual(panel.left);
      else expect(profile.width).toBe(0);
    }
    await page.setViewport({ width: 1280, height: 800 });
  });

  it('is used by keys: out of the editor, through the panes, the commands and the map', async () => {
    await page.focus('.code-editor >>> .cm-content');
    await page.keyboard.press('Tab');
    expect(await active()).not.toContain('code-editor');
    const before = (await box('#profile-pane')).width;
    await page.focus('#split-profile');
    for (let step = 0; step < 4; step++) await page.keyboard.press('ArrowRight');
    expect((await box('#profile-pane')).width).toBeGreaterThan(before + 50);

    await page.keyboard.press('F1');
    await page.waitForSelector('.command-input');
    await page.keyboard.type('view program');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.listing-row');
    expect(await page.$eval('#tab-program', (tab) => tab.getAttribute('aria-selected'))).toBe('true');

    await page.focus('#tab-program');
    await page.keyboard.press('ArrowLeft');
    await page.focus('.call[tabindex="0"]');
    await page.keyboard.press('ArrowRight');
    const name = await page.evaluate(() => (document.activeElement as HTMLElement).dataset.call ?? '?');
    expect(await text('.details-name')).toBe(name);
    await page.keyboard.press('Enter');
    await page.waitForFunction(
      (wanted) =>
        document
          .querySelector('.code-editor')
          ?.shadowRoot?.querySelector('.cm-activeLine')
          ?.textContent?.includes(wanted) === true,
      {},
      name,
    );
  });

  it('shows two texts side by side, goes through them by keys, and makes one profile of two', async () => {
    await page.click('#tab-diff');
    await page.waitForSelector('[aria-label="Compare with"]');
    await page.select('[aria-label="Compare with"]', 'example:plain list');
    await page.waitForSelector('.difference-call');
    await page.click('.difference-call');
    await page.waitForSelector('.text-row.is-focused');
    const [texts, results] = [await box('.texts'), await box('.diff-results')];
    expect(texts.bottom).toBeLessThanOrEqual(results.top);
    expect(results.height).toBeGreaterThan(100);
    await page.focus('.text-row.is-focused');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    expect(await active()).toContain('text-row');
    await page.click('[data-value=union]');
    await page.waitForFunction(() => document.querySelector('.combined-text')?.textContent?.includes('defaultAction'));
    expect(await page.$eval('.diff-results', (list) => list.checkVisibility())).toBe(false);
    await page.click('[data-value=differences]');
    expect(await page.$eval('.diff-results', (list) => list.checkVisibility())).toBe(true);
  });
});
