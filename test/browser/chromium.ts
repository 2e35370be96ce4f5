import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/**
 * Debian's browser; playwright-core brings none. The headless shell is the same engine without windows, and several times
 * as quick to open a page: the whole browser loads a user interface with every window, though nobody sees it.
 */
const PATH = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find((path) => existsSync(path));

export const hasChromium = PATH !== undefined;
if (!hasChromium) {
  const missing = 'Chromium is missing (Debian: chromium-headless-shell or chromium)';
  if (process.env.CI) throw new Error(`${missing}: ./build.sh --test installs it`);
  console.warn(`SKIPPED: what needs a browser, ${missing}`);
}

/** Nothing but the page under test: no sandbox (tests run as root), no GPU, no talk with the world. */
export function launchChromium(): Promise<Browser> {
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  return chromium.launch({ executablePath: PATH as string, args });
}
