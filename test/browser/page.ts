import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { createPlaygroundServer } from '../../src/cli/playground-server.js';
import { BUILT } from './built.js';
import { hasChromium, launchChromium } from './chromium.js';

/** What a page did that none should: reports of its policy, errors of its scripts, requests elsewhere. */
export interface Watched {
  page: Page;
  faults: string[];
}

export interface Playground {
  address: string;
  /** A page of its own, with a storage of its own. It is ready when the first profile has compiled. */
  open(options?: {
    fragment?: string | undefined;
    width?: number;
    scheme?: 'light' | 'dark';
    wait?: boolean;
  }): Promise<Watched>;
}

/** A group of tests with the playground served as `scmp playground` does, in a real browser. */
export function describePlayground(name: string, tests: (playground: Playground) => void): void {
  describe.skipIf(!hasChromium)(name, () => {
    let server: Server;
    let browser: Browser;
    let opened: Watched[] = [];
    const playground: Playground = {
      address: '',
      async open({ fragment = '', width = 1280, scheme = 'light', wait = true } = {}) {
        const context = await browser.newContext({ viewport: { width, height: 860 }, colorScheme: scheme });
        const page = await context.newPage();
        page.setDefaultTimeout(20_000);
        await page.addInitScript(reportViolations);
        const watched = { page, faults: watch(page, playground.address) };
        opened.push(watched);
        await page.goto(playground.address + fragment);
        if (wait) {
          await page.waitForSelector('#status[data-kind=good]', { state: 'attached' });
          await page.waitForSelector('.code-editor', { state: 'attached' });
        }
        return watched;
      },
    };

    beforeAll(async () => {
      server = createPlaygroundServer(BUILT);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      playground.address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      browser = await launchChromium();
    });
    afterAll(async () => {
      await browser?.close();
      server?.close();
    });
    // Whatever is tested, no page does what its policy forbids.
    afterEach(async () => {
      const faults = opened.flatMap((each) => each.faults);
      for (const { page } of opened) await page.context().close();
      opened = [];
      expect(faults).toEqual([]);
    });
    tests(playground);
  });
}

/** Runs in the page: what its policy stopped, by which rule and where. */
function reportViolations(): void {
  addEventListener(
    'securitypolicyviolation',
    ({ violatedDirective, blockedURI, sourceFile, lineNumber, columnNumber, sample }) => {
      const place = `${sourceFile}:${lineNumber}:${columnNumber}`;
      console.error(`policy: ${violatedDirective} stopped ${blockedURI} of ${place} ${sample}`);
    },
  );
}

function watch(page: Page, address: string): string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(address) && !/^(data|blob):/.test(url)) faults.push(`request: ${url}`);
  });
  return faults;
}

/** Put a text in the place of the profile, through the keyboard's way in. */
export async function write(page: Page, text: string): Promise<void> {
  await page.locator('.cm-content').click();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText(text);
}

/** The value of one of the figures that are always in view. */
export function figure(page: Page, label: string) {
  return page.locator('.figure', { has: page.getByText(label, { exact: true }) }).locator('dd');
}

export async function showView(page: Page, name: string): Promise<void> {
  await page.getByRole('tab', { name }).click();
}

/**
 * Wait until nothing is on its way or moves, and the document has not changed for a quarter of a second: axe fails on
 * elements that come and go while it looks, and on colours that are between two.
 */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const findings = document.querySelector('#problems-count')?.textContent ?? '';
    const panel = document.querySelector('[role=tabpanel]:not([hidden])');
    const isStale = document.body.dataset.results === 'stale';
    return !isStale && !/…$/.test(findings) && (panel === null || panel.childElementCount > 0);
  });
  await page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const done = () => {
          // A colour or an opacity on its way is no change of the document.
          const moving = document
            .getAnimations()
            .filter((each) => each.playState !== 'finished' && each.effect?.getComputedTiming().iterations === 1);
          if (moving.length > 0) {
            timer = setTimeout(done, 50);
            return;
          }
          observer.disconnect();
          resolve();
        };
        let timer = setTimeout(done, 250);
        const observer = new MutationObserver(() => {
          clearTimeout(timer);
          timer = setTimeout(done, 250);
        });
        observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
      }),
  );
}
