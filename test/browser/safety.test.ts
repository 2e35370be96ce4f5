import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { CONTENT_SECURITY_POLICY } from '../../src/cli/playground-server.js';
import { describePlayground, figure, settled, showView, write } from './page.js';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const INDEX = fileURLToPath(new URL('../../src/playground/index.html', import.meta.url));

const VIEWS = ['Map', 'Program', 'Simulate', 'Diff', 'Export'] as const;

/** What would run if any text of a profile became markup. */
const MARKUP = `<img src=x onerror="globalThis.broken=1"><script>globalThis.broken=1</script>"><svg onload=globalThis.broken=1>`;

const HOSTILE = JSON.stringify({
  _comment: MARKUP,
  [MARKUP]: MARKUP,
  defaultAction: 'SCMP_ACT_ERRNO',
  syscalls: [
    { names: ['read', MARKUP], action: 'SCMP_ACT_ALLOW', comment: MARKUP },
    { names: ['write'], action: 'SCMP_ACT_ALLOW', includes: { caps: [MARKUP] } },
  ],
});

function fragmentOf(shared: unknown): string {
  return `#1.${deflateRawSync(JSON.stringify(shared)).toString('base64url')}`;
}

async function isUnbroken(page: Page): Promise<void> {
  expect(await page.evaluate(() => 'broken' in globalThis)).toBe(false);
  expect(await page.locator('img, script:not([src]), main svg[onload]').count()).toBe(0);
}

describePlayground('the playground is safe and usable', (playground) => {
  it('sends the policy that the page itself has', async () => {
    const response = await fetch(playground.address);
    expect(response.headers.get('content-security-policy')).toBe(CONTENT_SECURITY_POLICY);
    const written = /content="(default-src[^"]*)"/.exec(readFileSync(INDEX, 'utf8'))?.[1];
    // Only a header can say who may frame the page.
    expect(`${written}; frame-ancestors 'none'`).toBe(CONTENT_SECURITY_POLICY);
    expect(written).toContain("script-src 'self' 'wasm-unsafe-eval'");
  });

  it('refuses inline scripts, markup from text and other workers, even from its own code', async () => {
    const { page, faults } = await playground.open();
    const outcome = await page.evaluate(async () => {
      const attempts: Record<string, string> = {};
      const attempt = (name: string, run: () => void) => {
        try {
          run();
          attempts[name] = 'done';
        } catch (error) {
          attempts[name] = (error as Error).name;
        }
      };
      attempt('markup', () => {
        document.body.innerHTML += '<p>x</p>';
      });
      attempt('worker', () => {
        new Worker('./main.js');
      });
      attempt('timer', () => {
        setTimeout('globalThis.broken = 1' as unknown as () => void);
      });
      return attempts;
    });
    expect(outcome).toEqual({ markup: 'TypeError', worker: 'TypeError', timer: 'TypeError' });
    // They were provoked; reports come after.
    await expect.poll(() => faults.length).toBeGreaterThan(3);
    await page.waitForTimeout(100);
    faults.length = 0;
  });

  it('never makes markup of a profile', async () => {
    const { page } = await playground.open();
    await write(page, HOSTILE);
    await expect
      .poll(() =>
        page
          .locator('.problem')
          .allTextContents()
          .then((all) => all.join()),
      )
      .toContain('<img');
    for (const view of VIEWS) {
      await showView(page, view);
      await isUnbroken(page);
    }
    await showView(page, 'Diff');
    await page.locator('.diff-other summary').click();
    await page.getByLabel('The other profile').fill(HOSTILE.replace('ERRNO', 'EVIL'));
    await expect.poll(() => page.locator('.diff-errors').textContent()).toContain('EVIL');
    await isUnbroken(page);

    // A log, whose program and call are anybody's; and what is typed into options.
    await showView(page, 'Why');
    const record = `type=SECCOMP msg=audit(1600000000.000:1): pid=1 comm="${MARKUP.replaceAll('"', "'")}" exe="/${MARKUP.replaceAll('"', "'")}" sig=0 arch=c000003e syscall=165 code=0x50000`;
    await page.getByLabel('The log').fill(`${record}\n${MARKUP}\n`);
    await expect.poll(() => page.locator('.why-results').textContent()).toContain('<img');
    await isUnbroken(page);
    await showView(page, 'Options');
    for (const label of ['Document', 'Weights', 'ENOSYS for newer than']) {
      await page.getByLabel(label, { exact: true }).fill(MARKUP.slice(0, 32));
    }
    await expect.poll(() => page.locator('#panel-options').textContent()).toContain('<img');
    await isUnbroken(page);
  });

  it('never makes markup of an address, and refuses what is not its own', async () => {
    const settings = { arch: 'x86_64', capabilities: [MARKUP], kernel: MARKUP, optimize: 0 };
    const good = await playground.open({
      fragment: fragmentOf({ text: HOSTILE, source: MARKUP, ...settings }),
      wait: false,
    });
    await good.page.waitForSelector('#status[data-kind=error]');
    expect(await good.page.locator('#source').inputValue()).toBe(MARKUP);
    await isUnbroken(good.page);
    const bombs = [
      '#1.%%%',
      '#1.AAAA',
      `#1.${MARKUP}`,
      fragmentOf({ text: 'x'.repeat(3_000_000), source: 'x', ...settings }),
      fragmentOf({ text: 1 }),
      fragmentOf(null),
      fragmentOf({ text: 'x', source: 'x', arch: '__proto__', capabilities: [], kernel: '', optimize: 0 }),
    ];
    const { page } = await playground.open({ fragment: bombs[0] });
    const notice = page.locator('#notice');
    await expect.poll(() => notice.textContent()).toContain('this link is');
    for (const fragment of bombs.slice(1)) {
      await page.evaluate((hash) => {
        (document.querySelector('#notice') as HTMLElement).textContent = '';
        location.hash = hash;
      }, fragment);
      await expect.poll(() => notice.textContent()).toContain('this link is');
      await isUnbroken(page);
    }
    expect(await page.locator('#status').getAttribute('data-kind')).toBe('good');
  });

  it('carries a profile and its target in a link', async () => {
    const { page } = await playground.open();
    const text = `# smörgåsbord\ndefault errno ENOSYS\nallow read, exit_group\n`;
    await write(page, text);
    await page.locator('#arch').selectOption('riscv64');
    await expect.poll(() => figure(page, 'Architectures').textContent()).toBe('riscv64');
    const instructions = await figure(page, 'Instructions').textContent();
    await page.getByRole('button', { name: 'Copy link' }).click();
    await expect.poll(() => new URL(page.url()).hash).toMatch(/^#2\./);
    const other = await playground.open({ fragment: new URL(page.url()).hash });
    await expect.poll(() => figure(other.page, 'Architectures').textContent()).toBe('riscv64');
    expect(await figure(other.page, 'Instructions').textContent()).toBe(instructions);
    expect(await other.page.locator('.cm-line').allTextContents()).toEqual(text.split('\n'));
  });

  it('fits a phone', async () => {
    const { page } = await playground.open({ width: 390 });
    for (const view of ['Profile', ...VIEWS]) {
      await showView(page, view);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect([view, width]).toEqual([view, 390]);
    }
    await showView(page, 'Profile');
    expect(await page.locator('.cm-content').isVisible()).toBe(true);
    expect(await figure(page, 'Instructions').isVisible()).toBe(true);
  });

  it.each([
    ['light', 1280],
    ['dark', 390],
  ] as const)('has no accessibility fault that axe knows, %s, %d px', async (scheme, width) => {
    const { page } = await playground.open({ scheme, width });
    // As a debugger does it: the page's policy lets no script in.
    await page.evaluate(readFileSync(AXE, 'utf8'));
    // The map is looked at in usable.test.ts, at all sizes.
    for (const view of VIEWS.slice(1)) {
      await showView(page, view);
      await settled(page);
      const violations = await page.evaluate(async () => {
        const { axe } = globalThis as unknown as {
          axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
        };
        const { violations: found } = await axe.run();
        return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
      });
      expect([view, violations]).toEqual([view, []]);
    }
  });

  it('is used by keyboard alone', async () => {
    const { page } = await playground.open();
    await page.getByRole('tab', { name: 'Map' }).focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.getByRole('tab', { name: 'Program' }).getAttribute('aria-selected')).toBe('true');
    await expect.poll(() => page.locator('.listing-row').count()).toBeGreaterThan(10);
    await page.locator('.listing').focus();
    await page.keyboard.press('End');
    await expect.poll(() => page.locator('.listing-row.is-focused .listing-index').textContent()).toMatch(/^0\d+/);
    await page.getByRole('tab', { name: 'Program' }).focus();
    await page.keyboard.press('ArrowLeft');
    await page.locator('.call[tabindex="0"]').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    const name = await page.evaluate(() => (document.activeElement as HTMLElement).dataset.call);
    expect(await page.locator('.details-name').textContent()).toBe(name);
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.cm-activeLine').textContent()).toContain(String(name));
  });
});
