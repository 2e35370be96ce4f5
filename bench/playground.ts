// What the playground promises: how much a first visit loads, and how long a keystroke takes, in a real browser.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { createPlaygroundServer } from '../src/cli/playground-server.js';
import { hasChromium, launchChromium } from '../test/browser/chromium.js';
import { quantile } from './quantile.js';

interface Figure {
  what: string;
  value: string;
  bar?: string;
  holds?: boolean;
}

const KEYSTROKES = 60;
const WARM_UP = 10;
const MAX_BYTES = 350_000;
const MAX_MILLISECONDS = 50;

/** The figures of a playground that was built into `folder`. */
export async function playgroundFigures(folder: string): Promise<Figure[]> {
  if (!hasChromium) return [{ what: 'playground', value: 'not measured: Chromium is missing' }];
  const server = createPlaygroundServer(folder);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
    const loaded = new Set<string>();
    page.on('request', (request) => loaded.add(new URL(request.url()).pathname));
    await page.goto(address);
    await page.waitForSelector('#status[data-kind=good]');
    await page.waitForSelector('.code-editor');
    // The check comes with the first findings.
    await page.waitForSelector('.problem');
    const files = [...loaded].map((path) => (path === '/' ? 'index.html' : path.slice(1)));
    return [...sizes(folder, files), ...(await keystrokes(page))];
  } finally {
    await browser.close();
    server.close();
  }
}

function sizes(folder: string, files: readonly string[]): Figure[] {
  const sum = (names: readonly string[], size: (bytes: Buffer) => number) =>
    names
      .filter((name) => existsSync(join(folder, name)))
      .reduce((total, name) => total + size(readFileSync(join(folder, name))), 0);
  const gzip = sum(files, (bytes) => gzipSync(bytes, { level: 9 }).length);
  const brotli = sum(files, (bytes) => brotliCompressSync(bytes).length);
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.\w+$/.test(name));
  const whole = sum(all, (bytes) => gzipSync(bytes, { level: 9 }).length);
  return [
    {
      what: `playground, first load: ${files.length} files, gzipped`,
      value: `${gzip} bytes (${brotli} with brotli)`,
      bar: `at most ${MAX_BYTES} bytes`,
      holds: gzip <= MAX_BYTES,
    },
    { what: 'playground, all there is to load, gzipped', value: `${whole} bytes` },
  ];
}

/** Letters typed into a comment of the container default; from each to the new state shown, map and figures drawn. */
async function keystrokes(page: Page): Promise<Figure[]> {
  await page.evaluate(() => {
    const durations: number[] = [];
    Object.assign(globalThis, { durations });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntriesByName('scmp-recompile')) durations.push(entry.duration);
    }).observe({ entryTypes: ['measure'] });
  });
  await page.locator('.cm-line').nth(2).click();
  for (let count = 0; count < KEYSTROKES + WARM_UP; count++) {
    await page.keyboard.press('a');
    await page.waitForFunction(
      (least) => (globalThis as unknown as { durations: number[] }).durations.length > least,
      count,
    );
  }
  const all = await page.evaluate(() => (globalThis as unknown as { durations: number[] }).durations);
  const at = (part: number) => quantile(all.slice(WARM_UP), part);
  return [
    {
      what: "playground, recompiling at a keystroke: container-default, Chromium's median",
      value: `${at(0.5).toFixed(1)} ms`,
      bar: `under ${MAX_MILLISECONDS} ms`,
      holds: at(0.5) < MAX_MILLISECONDS,
    },
    { what: 'playground, the same: nine of ten are under', value: `${at(0.9).toFixed(1)} ms` },
  ];
}

/** By itself: node build/bench/playground.mjs [FOLDER]. */
async function main(folder = 'dist/playground'): Promise<void> {
  for (const { what, value, bar, holds } of await playgroundFigures(folder)) {
    console.log(`${what}  ${value}${bar ? `  (${bar}: ${holds ? 'holds' : 'MISSED'})` : ''}`);
  }
}

if (process.argv[1]?.endsWith('playground.mjs')) await main(process.argv[2]);
