/** Debian's browser; playwright-core brings none. */
export const CHROMIUM = '/usr/bin/chromium';

/** Nothing but the page under test: no sandbox (tests run as root), no GPU, no talk with the world. */
export const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
