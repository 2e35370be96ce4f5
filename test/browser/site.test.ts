import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Frame, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildSite } from '../../src/cli/build-site.js';
import { BUILT } from './built.js';
import { hasChromium, launchChromium } from './chromium.js';

const DOC = readFileSync(fileURLToPath(new URL('../../docs/playground.md', import.meta.url)), 'utf8');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
};
const LIST = 'default errno EPERM\nallow read, exit_group\n';
/** Where the site stands on its host. */
const BASE = '/docs/tools/playground/';

const listen = async (server: Server) => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};
const close = (server: Server) => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
};

describe.skipIf(!hasChromium)('a site of one’s own', () => {
  let work: string;
  let site: string;
  let browser: Browser;
  let host: Server;
  let address: string;
  /** What the host sends in the place of a file. */
  const changed = new Map<string, string>();
  /** A header that a careful host sends. */
  let frameAncestors: string | undefined;
  let contexts: BrowserContext[] = [];

  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), 'scmp-site-'));
    site = join(work, 'site');
    buildSite(BUILT, site);
    // As a static host: no headers but types, and the site below its root.
    host = createServer((request, response) => {
      const path = (request.url ?? '').replace(/[?#].*$/, '');
      const name = path.startsWith(BASE) ? path.slice(BASE.length) || 'index.html' : '';
      try {
        const content = changed.get(name) ?? readFileSync(join(site, name));
        const headers = frameAncestors && { 'content-security-policy': `frame-ancestors ${frameAncestors}` };
        response.writeHead(200, { 'content-type': TYPES[extname(name)] ?? 'text/plain', ...headers });
        response.end(content);
      } catch {
        response.writeHead(404).end();
      }
    });
    address = `http://127.0.0.1:${await listen(host)}${BASE}`;
    browser = await launchChromium();
  });
  afterEach(async () => {
    for (const context of contexts) await context.close();
    contexts = [];
    changed.clear();
    frameAncestors = undefined;
  });
  afterAll(async () => {
    await browser?.close();
    if (host) await close(host);
    rmSync(work, { recursive: true, force: true });
  });

  async function newPage(faults: string[] = []): Promise<Page> {
    const context = await browser.newContext();
    contexts.push(context);
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
    });
    return page;
  }
  /** How many files the browser keeps for the time without a network, by version. */
  const keptFiles = (page: Page) =>
    page.evaluate(async () => {
      const names = await caches.keys();
      return Promise.all(names.map(async (name) => [name, (await (await caches.open(name)).keys()).length] as const));
    });
  const filesOf = (worker: string) => {
    const { version, files } = JSON.parse(/^const SITE = (.*);$/m.exec(worker)?.[1] ?? '') as {
      version: string;
      files: Record<string, string>;
    };
    return { version, count: Object.keys(files).length };
  };
  const built = () => filesOf(readFileSync(join(site, 'service-worker.js'), 'utf8'));

  it('works at a path of any host, and without a network once it was loaded, all of it', async () => {
    const faults: string[] = [];
    const page = await newPage(faults);
    await page.goto(address);
    await page.waitForSelector('#status[data-kind=good]');
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
    const { version, count } = built();
    await expect.poll(() => keptFiles(page)).toEqual([[`scmp-playground ${BASE} ${version}`, count]]);

    await page.context().setOffline(true);
    await page.reload();
    await page.waitForSelector('#status[data-kind=good]');
    await page.waitForSelector('.code-editor');
    // Views, examples and help that were never opened before.
    for (const view of ['Program', 'Simulate', 'Diff', 'Export', 'Options']) {
      await page.getByRole('tab', { name: view }).click();
      await expect.poll(() => page.locator('[role=tabpanel]:not([hidden]) > *').count()).toBeGreaterThan(0);
    }
    const opened = async (example: string, name: string) => {
      await page.locator('#examples').selectOption(example);
      await expect.poll(() => page.locator('#source').inputValue()).toBe(name);
      await page.waitForSelector('#status[data-kind=good]');
    };
    await opened('a profile that extends another', 'extended.json');
    await opened('plain list', 'rules.txt');
    await page.locator('#optimize').selectOption('min');
    await expect.poll(() => page.locator('#figures').textContent()).toContain('libseccomp: ');
    await page.getByRole('button', { name: 'Save…' }).click();
    await page.waitForSelector('.keep-versions');
    expect(faults).toEqual([]);
    // What is no file of the site is asked of the network, of which there is none.
    expect(await page.evaluate(() => fetch('./nothing.js').catch((error: Error) => error.name))).toBe('TypeError');
  }, 180_000);

  it('keeps nothing of a site whose files are not those that were built, and takes a new version as a whole', async () => {
    const page = await newPage();
    const lazy = Object.keys(
      JSON.parse(/^const SITE = (.*);$/m.exec(readFileSync(join(site, 'service-worker.js'), 'utf8'))?.[1] ?? '').files,
    ).find((name) => name.startsWith('why-'))!;
    changed.set(lazy, 'globalThis.broken = 1');
    await page.goto(address);
    await page.waitForSelector('#status[data-kind=good]');
    // It is refused: there is no worker that could answer without a network.
    const registered = () =>
      page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.active?.state ?? 'none');
    await expect.poll(async () => (await keptFiles(page)).length).toBe(1);
    await page.waitForFunction(async () => {
      const registration = await navigator.serviceWorker.getRegistration();
      return !registration?.installing;
    });
    expect(await registered()).toBe('none');

    changed.clear();
    await page.reload();
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
    expect(await registered()).not.toBe('none');

    // Another version, with another file in it.
    const old = built();
    const newer = join(work, 'newer');
    cpSync(BUILT, newer, { recursive: true });
    writeFileSync(join(newer, 'glossary.md'), '- **Newer**: a glossary.\n');
    buildSite(newer, site);
    const next = built();
    expect(next.version).not.toBe(old.version);
    await page.reload();
    await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update());
    await expect
      .poll(async () => (await keptFiles(page)).map(([name]) => name.split(' ').at(-1)))
      .toContain(next.version);
  });

  it('runs no first script or style with other bytes', async () => {
    const faults: string[] = [];
    const page = await newPage(faults);
    changed.set('main.js', 'globalThis.broken = 1');
    changed.set('style.css', 'body { display: none }');
    await page.goto(address);
    await expect.poll(() => faults.filter((fault) => fault.includes('integrity')).length).toBeGreaterThan(1);
    expect(await page.evaluate(() => 'broken' in globalThis)).toBe(false);
    expect(await page.locator('body').evaluate((body) => getComputedStyle(body).display)).not.toBe('none');
  });

  describe('in another page', () => {
    let other: Server;
    let around: string;
    /** The page around, with what it heard. */
    const PAGE = (
      src: string,
    ) => `<!doctype html><title>t</title><iframe title="f" width="900" height="600" src="${src}"></iframe>
<script>
  globalThis.heard = [];
  addEventListener('message', ({ source, origin, data }) => heard.push({ data, origin, isFrame: source === frames[0] }));
  globalThis.say = (data, target) => frames[0].postMessage(data, target);
</script>`;
    let html = '';
    beforeAll(async () => {
      other = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(html));
      // Another site, not only another origin: the browser parts their storage too.
      around = `http://localhost:${await listen(other)}`;
    });
    afterAll(() => close(other));

    const embedded = (page: Page): Frame => page.frames().find((frame) => frame.url().startsWith(address))!;
    const heard = (page: Page) =>
      page.evaluate(
        () =>
          (globalThis as unknown as { heard: { data: Record<string, unknown>; origin: string; isFrame: boolean }[] })
            .heard,
      );
    const say = (page: Page, data: unknown, target = new URL(address).origin) =>
      page.evaluate(
        ([message, to]) =>
          (globalThis as unknown as { say(data: unknown, to: string): void }).say(message, to as string),
        [data, target] as const,
      );
    async function open(src: string): Promise<Page> {
      const page = await newPage();
      html = PAGE(src);
      await page.goto(around);
      return page;
    }

    it('is what the documentation says', async () => {
      const faults: string[] = [];
      const page = await newPage(faults);
      html = /```html\n([\s\S]*?)```/.exec(DOC)![1]!.replace('https://playground.example/', address);
      await page.goto(around);
      const verdict = page.locator('#verdict');
      await expect.poll(() => verdict.textContent()).toContain('"name":"rules.txt"');
      expect(JSON.parse((await verdict.textContent())!)).toMatchObject({
        isCompiled: true,
        format: 'list',
        architectures: expect.arrayContaining(['x86_64']),
      });
      expect(faults).toEqual([]);
    });

    it('speaks with the origin that its address names, and keeps nothing', async () => {
      const page = await open(`${address}?embed=${encodeURIComponent(around)}`);
      await expect.poll(async () => (await heard(page))[0]?.data).toMatchObject({ scmp: 1, event: 'ready' });
      expect((await heard(page)).every(({ origin, isFrame }) => isFrame && origin === new URL(address).origin)).toBe(
        true,
      );
      const frame = embedded(page);
      const answer = async (id: unknown) => (await heard(page)).find(({ data }) => data.id === id)?.data;

      const hostile = `<img src=x onerror="globalThis.broken=1">`;
      const settings = { arch: 'aarch64', words: { kernel: '5.4' } };
      const other = { text: `# ${hostile}\ndefault kill\n`, name: hostile };
      await say(page, { scmp: 1, id: 'a', do: 'open', text: LIST, name: hostile, settings, view: 'diff', other });
      await expect
        .poll(() => answer('a'))
        .toMatchObject({
          event: 'answer',
          verdict: { name: hostile, isCompiled: true, architectures: ['aarch64'], problems: [] },
        });
      await frame.waitForSelector('.diff-summary');
      expect(await frame.locator('#arch').inputValue()).toBe('aarch64');
      expect(await frame.locator('img, script:not([src])').count()).toBe(0);
      expect(await frame.evaluate(() => 'broken' in globalThis)).toBe(false);
      await say(page, { scmp: 1, id: 'b', do: 'read' });
      await expect.poll(() => answer('b')).toMatchObject({ text: LIST, name: hostile });
      await say(page, { scmp: 1, id: 'c', do: 'open', text: 'allow reed(', name: 'x' });
      await expect
        .poll(() => answer('c'))
        .toMatchObject({
          verdict: { isCompiled: false, problems: [expect.objectContaining({ severity: 'error', line: 1 })] },
        });
      await say(page, { scmp: 1, id: 'd', do: 'theme', theme: 'dark' });
      await expect.poll(() => frame.evaluate(() => document.documentElement.dataset.theme)).toBe('dark');
      await say(page, { scmp: 2, id: 'e', do: 'read' });
      await expect
        .poll(() => answer('e'))
        .toMatchObject({ event: 'refused', error: expect.stringContaining('version 1') });
      await say(page, { scmp: 1, id: 'f', do: 'open', text: LIST, name: 'x', html: hostile });
      await expect.poll(() => answer('f')).toMatchObject({ event: 'refused', error: expect.stringContaining('html') });

      // A window that is not around it, though its origin is right.
      const before = (await heard(page)).length;
      await frame.evaluate(() => window.postMessage({ scmp: 1, id: 'g', do: 'open', text: 'x', name: 'own' }, '*'));
      await page.evaluate(() => {
        const inner = document.createElement('iframe');
        document.body.append(inner);
        const script = inner.contentDocument!.createElement('script');
        script.textContent =
          'parent.frames[0].postMessage({ scmp: 1, id: "h", do: "open", text: "x", name: "own" }, "*")';
        inner.contentDocument!.body.append(script);
      });
      await say(page, { scmp: 1, id: 'i', do: 'read' });
      await expect.poll(() => answer('i')).toMatchObject({ name: 'x' });
      expect((await heard(page)).slice(before).map(({ data }) => data.id)).not.toContain('h');

      expect(await frame.locator('#save, #share, #open, #examples').filter({ visible: true }).count()).toBe(0);
      const kept = await frame.evaluate(async () => [
        localStorage.length,
        sessionStorage.length,
        (await indexedDB.databases()).length,
      ]);
      expect(kept).toEqual([0, 0, 0]);
      const [whole] = await Promise.all([
        page.waitForEvent('popup'),
        frame.getByRole('button', { name: 'Open as a page' }).click(),
      ]);
      await whole.waitForSelector('.code-editor');
      expect(new URL(whole.url()).search).toBe('');
      expect(await whole.locator('#source').inputValue()).toBe('x');
      expect(await whole.evaluate(() => globalThis.opener)).toBeNull();
    });

    it('says nothing to another origin, nor to any where none is named', async () => {
      for (const search of ['?embed', '?embed=https://wiki.example']) {
        const page = await open(`${address}${search}`);
        const frame = await expect
          .poll(() => embedded(page)?.url())
          .toContain(search)
          .then(() => embedded(page));
        await frame.waitForSelector('#status[data-kind=good]');
        await say(page, { scmp: 1, id: 1, do: 'open', text: LIST, name: 'theirs' });
        // After one of its own has come through, that one would have.
        await frame.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)));
        expect([search, await heard(page), await frame.locator('#source').inputValue()]).toEqual([
          search,
          [],
          'container-default.json',
        ]);
      }
    });

    it('does not start in a frame without ?embed, nor where a header forbids it', async () => {
      const page = await open(address);
      const frame = page.frameLocator('iframe');
      await expect.poll(() => frame.locator('.framed').textContent()).toContain('in a frame');
      expect(await frame.locator('button').count()).toBe(0);
      frameAncestors = "'none'";
      const refused = await open(`${address}?embed`);
      await expect.poll(() => refused.frames().at(-1)?.url()).toMatch(/^chrome-error:/);
    });
  });
});
