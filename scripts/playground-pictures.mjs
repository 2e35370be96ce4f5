// Pictures of the playground in its states, sizes and themes, to look at:
//
//   node scripts/playground-pictures.mjs FOLDER [NAME...]    all of them, or those whose name contains a NAME
//   node scripts/playground-pictures.mjs --readme            docs/images/playground.png
//
// It needs dist/playground (./build.sh bundles) and Debian's Chromium.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SITE = join(ROOT, 'dist/playground');
const BROWSER = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find((path) => existsSync(path));
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm' };
const SIZES = {
  phone: [390, 844],
  window: [490, 800],
  tablet: [820, 1180],
  laptop: [1280, 800],
  desk: [1920, 1080],
};

const LOG = [
  'type=SECCOMP msg=audit(1700000000.1:4): pid=42 comm="ls" exe="/bin/ls" sig=0 arch=c000003e syscall=165 code=0x50001',
  'type=SECCOMP msg=audit(1700000000.2:5): pid=42 comm="ls" exe="/bin/ls" sig=0 arch=c000003e syscall=425 code=0x50001',
].join('\n');

/** Four instructions: one call is refused. */
const PROGRAM = '2000000000000000 15000001a5000000 0600000001000500 060000000000ff7f'.replaceAll(' ', '');

const openFile = (page, name, content) =>
  page.locator('#file').setInputFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(content) });

/** On a phone the profile is one of the views. */
const profile = async (page, width) => {
  if (width < 768) await tab('Profile')(page);
};

async function replaceText(page, width, text) {
  await profile(page, width);
  await page.locator('.cm-content').click();
  await page.keyboard.press('Control+a');
  if (text === '') await page.keyboard.press('Delete');
  else await page.keyboard.insertText(text);
}

const tab = (name) => (page) => page.getByRole('tab', { name }).click();

/** What is shown, by name: how to come there from the page as it opens. */
const STATES = {
  map: async () => {},
  details: async (page) => {
    await page.locator('.call[data-call=personality]').click();
  },
  profile,
  empty: (page, width) => replaceText(page, width, ''),
  error: (page, width) => replaceText(page, width, '{"defaultAction": "SCMP_ACT_ALOW", "syscalls": []}'),
  stale: async (page, width) => {
    const rules = Array.from({ length: 3000 }, (_, at) => `read(arg${at % 3} == ${at}) -> allow`);
    await replaceText(page, width, `default errno EPERM\n${rules.join('\n')}\n`);
    await page.waitForSelector('body[data-results=stale]');
  },
  findings: async (page, width) => {
    await replaceText(
      page,
      width,
      'default allow\nunshare, mount, ptrace -> errno EPERM\nioctl(arg1 == TIOCSTI) -> errno EPERM\n',
    );
    await page.waitForSelector('.problem');
  },
  program: async (page) => {
    await openFile(page, 'filter.bpf', Buffer.from(PROGRAM, 'hex'));
    await page.waitForFunction(() => document.querySelector('#format').textContent.startsWith('program'));
    await tab('Program')(page);
  },
  log: async (page) => {
    await openFile(page, 'audit.log', LOG);
    await page.waitForSelector('#tab-why[aria-selected=true]');
  },
  save: async (page) => {
    // A phone has it among the commands.
    await page.keyboard.press('F1');
    await page.getByRole('combobox', { name: 'Find a command' }).fill('Save and share');
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog h2, dialog[open]');
  },
  offline: async (page) => {
    await page.context().setOffline(true);
    await tab('Export')(page);
    await page.waitForSelector('#panel-export [role=alert]');
    await page.context().setOffline(false);
  },
  embed: async (page) => {
    await page.goto(`${page.url().split(/[?#]/)[0]}?embed`);
    await page.waitForSelector('#status[data-kind=good]', { state: 'attached' });
  },
  listing: async (page) => {
    await tab('Program')(page);
    await page
      .locator('.listing-row')
      .nth(8)
      .click({ position: { x: 90, y: 9 } });
  },
  graph: async (page) => {
    await tab('Program')(page);
    await page.getByRole('button', { name: 'Graph', exact: true }).click();
  },
  simulate: async (page) => {
    await tab('Simulate')(page);
    await page.locator('#call-name').fill('personality');
    await page.locator('[data-argument="0"]').fill('PER_BSD');
  },
  diff: async (page) => {
    await tab('Diff')(page);
    await page.getByLabel('Compare with').selectOption('example:plain list');
    await page.waitForSelector('.difference');
  },
  texts: async (page) => {
    await STATES.diff(page);
    await page.locator('.difference-call').first().click();
  },
  combined: async (page) => {
    await STATES.diff(page);
    await page.getByRole('button', { name: 'Both allow' }).click();
    await page.waitForSelector('.combined-text:not([hidden])');
  },
  why: async (page) => {
    await tab('Why')(page);
    await page.getByLabel('The log', { exact: true }).fill(LOG);
  },
  options: tab('Options'),
  export: tab('Export'),
  commands: async (page) => {
    await page.keyboard.press('F1');
    await page.getByRole('combobox', { name: 'Find a command' }).fill('show');
  },
  search: async (page, width) => {
    await profile(page, width);
    await page.locator('.cm-content').click();
    await page.keyboard.press('Control+f');
    await page.locator('.cm-search [name=search]').fill('names');
  },
  questions: async (page) => {
    await page.getByRole('button', { name: 'Help' }).click();
    await page.getByRole('tab', { name: 'Questions' }).click();
  },
  glossary: async (page) => {
    await page.getByRole('button', { name: 'Help' }).click();
    await page.getByRole('tab', { name: 'Glossary' }).click();
  },
  tour: async (page) => {
    await page.getByRole('button', { name: 'Help' }).click();
    await page.getByRole('button', { name: /tour/ }).click();
    for (let step = 0; step < 2; step++) await page.getByRole('button', { name: 'Next' }).click();
  },
};

async function serve() {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname));
    const file = join(SITE, path === '/' ? 'index.html' : path);
    if (!existsSync(file)) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    response.end(readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function open(browser, address, [width, height], colorScheme, scale = 1) {
  const viewport = { width, height };
  const context = await browser.newContext({
    viewport,
    colorScheme,
    deviceScaleFactor: scale,
    hasTouch: width < 768,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  // Each state begins with the page as a first visitor sees it.
  await page.addInitScript(() => sessionStorage.clear());
  await page.goto(address);
  await page.waitForSelector('#status[data-kind=good]', { state: 'attached' });
  await page.waitForSelector('.code-editor', { state: 'attached' });
  return page;
}

const [target, ...names] = process.argv.slice(2);
if (target === undefined || !BROWSER) {
  console.error('node scripts/playground-pictures.mjs FOLDER [NAME...] | --readme (with Debian’s Chromium)');
  process.exit(2);
}
const server = await serve();
const address = `http://127.0.0.1:${server.address().port}/`;
const browser = await chromium.launch({ executablePath: BROWSER, args: ['--no-sandbox', '--disable-gpu'] });
if (target === '--readme') {
  const page = await open(browser, address, [1360, 820], 'light', 1.25);
  await STATES.details(page);
  await page.waitForTimeout(600);
  await page.screenshot({ path: join(ROOT, 'docs/images/playground.png') });
} else {
  mkdirSync(target, { recursive: true });
  for (const [size, box] of Object.entries(SIZES)) {
    for (const scheme of ['light', 'dark']) {
      const page = await open(browser, address, box, scheme);
      for (const [state, show] of Object.entries(STATES)) {
        const name = `${state}-${size}-${scheme}`;
        if (names.length > 0 && !names.some((each) => name.includes(each))) continue;
        await page.goto('about:blank');
        await page.goto(address);
        await page.waitForSelector('#status[data-kind=good]', { state: 'attached' });
        await page.waitForSelector('.code-editor', { state: 'attached' });
        try {
          await show(page, box[0]);
        } catch (error) {
          console.error(`${name}: ${error.message.split('\n')[0]}`);
        }
        await page.waitForTimeout(500);
        await page.screenshot({ path: join(target, `${name}.png`) });
      }
      await page.context().close();
    }
  }
}
await browser.close();
server.close();
