import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { compileProfileSync } from '../../src/compiler/index.js';
import { describePlayground, showView, write } from './page.js';

const LIST = 'default errno EPERM\nallow read, exit_group\n';
const MARKUP = `</pre><img src=x onerror="globalThis.broken=1"><script>globalThis.broken=1</script>`;

const text = (page: Page) =>
  page
    .locator('.cm-line')
    .allTextContents()
    .then((lines) => lines.join('\n'));
const notice = (page: Page) => page.locator('#notice').textContent();
const source = (page: Page) => page.locator('#source').inputValue();

/** The dialogs of the browser, which no test can click, give files of the origin's own file system: real ones. */
async function usePickers(page: Page): Promise<void> {
  await page.evaluate(() => {
    const chosen: string[] = [];
    const handle = async (name: string) => {
      const folder = await navigator.storage.getDirectory();
      return folder.getFileHandle(name, { create: true });
    };
    Object.assign(globalThis, {
      chosen,
      showOpenFilePicker: async () => [await handle(chosen.shift()!)],
      showSaveFilePicker: ({ suggestedName }: { suggestedName: string }) => {
        const name = chosen.shift();
        if (name === '') throw new DOMException('closed', 'AbortError');
        return handle(name ?? suggestedName);
      },
    });
  });
}
const choose = (page: Page, name: string) =>
  page.evaluate((file) => void (globalThis as unknown as { chosen: string[] }).chosen.push(file), name);
const putFile = (page: Page, name: string, bytes: Uint8Array) =>
  page.evaluate(
    async ([file, content]) => {
      const folder = await navigator.storage.getDirectory();
      const target = await (await folder.getFileHandle(file, { create: true })).createWritable();
      await target.write(new Uint8Array(content));
      await target.close();
    },
    [name, [...bytes]] as const,
  );
const getFile = async (page: Page, name: string) =>
  Buffer.from(
    await page.evaluate(async (file) => {
      const folder = await navigator.storage.getDirectory();
      const found = await (await folder.getFileHandle(file)).getFile();
      return [...new Uint8Array(await found.arrayBuffer())];
    }, name),
  );

describePlayground('what the playground keeps and shares', (playground) => {
  it('is restored by a link, whatever the page shows that opens it', async () => {
    const { page } = await playground.open();
    await write(page, LIST);
    await page.locator('#arch').selectOption('aarch64');
    await showView(page, 'Options');
    await page.getByLabel('Runtime', { exact: true }).selectOption('runc');
    await showView(page, 'Simulate');
    await page.locator('#call-name').fill('socket');
    await page.locator('[data-argument="0"]').fill('AF_INET');
    await showView(page, 'Diff');
    await page.getByLabel('Compare with').selectOption('example:plain list');
    const summary = page.locator('.diff-summary');
    await expect.poll(() => summary.textContent()).toMatch(/\d+ (weaker|stronger|other)/);
    await page.getByRole('button', { name: 'Copy link' }).click();
    await expect.poll(() => new URL(page.url()).hash).toMatch(/^#2\./);
    const { hash } = new URL(page.url());

    const { page: other } = await playground.open({ fragment: hash });
    const isRestored = async () => {
      await expect.poll(() => text(other)).toBe(LIST);
      expect(await other.locator('#arch').inputValue()).toBe('aarch64');
      expect(await other.getByRole('tab', { name: 'Diff' }).getAttribute('aria-selected')).toBe('true');
      const expected = await summary.textContent();
      await expect.poll(() => other.locator('.diff-summary').textContent()).toBe(expected);
      await showView(other, 'Simulate');
      expect(await other.locator('#call-name').inputValue()).toBe('socket');
      expect(await other.locator('[data-argument="0"]').inputValue()).toBe('AF_INET');
      await showView(other, 'Options');
      expect(await other.getByLabel('Runtime', { exact: true }).inputValue()).toBe('runc');
    };
    await isRestored();
    // Somebody goes on, and then opens it again in the same tab; then one that has all defaults.
    await write(other, 'default kill');
    await other.locator('#arch').selectOption('riscv64');
    await showView(other, 'Map');
    await other.evaluate((fragment) => {
      location.hash = fragment;
    }, hash);
    await isRestored();
    const { page: plain } = await playground.open();
    await write(plain, LIST);
    await plain.getByRole('button', { name: 'Copy link' }).click();
    await expect.poll(() => new URL(plain.url()).hash).toMatch(/^#2\..{20,110}$/);
    await other.evaluate((fragment) => {
      location.hash = fragment;
    }, new URL(plain.url()).hash);
    await expect.poll(() => other.locator('#arch').inputValue()).toBe('x86_64');
    expect(await other.getByRole('tab', { name: 'Map' }).getAttribute('aria-selected')).toBe('true');
    await showView(other, 'Simulate');
    expect(await other.locator('#call-name').inputValue()).toBe('openat');
  });

  it('is saved over the file that was opened, as it was written there, and over no other', async () => {
    const { page } = await playground.open();
    await usePickers(page);
    await putFile(page, 'web.txt', Buffer.from(`\ufeff${LIST.replaceAll('\n', '\r\n')}`));
    await choose(page, 'web.txt');
    await page.getByRole('button', { name: 'Open…' }).click();
    await expect.poll(() => text(page)).toBe(LIST);
    await page.locator('.cm-content').click();
    await page.keyboard.press('Control+End');
    await page.keyboard.type('allow write');
    await page.keyboard.press('Control+s');
    await expect.poll(() => notice(page)).toBe('web.txt is saved');
    expect((await getFile(page, 'web.txt')).toString()).toBe(`\ufeff${LIST.replaceAll('\n', '\r\n')}allow write`);

    // Somebody else has changed it: nothing is written unasked.
    await putFile(page, 'web.txt', Buffer.from('theirs'));
    await page.keyboard.press('Control+s');
    await page.getByRole('button', { name: 'Leave it as it is' }).click();
    expect((await getFile(page, 'web.txt')).toString()).toBe('theirs');
    await page.keyboard.press('Control+s');
    await page.getByRole('button', { name: 'Save over it' }).click();
    await expect.poll(async () => (await getFile(page, 'web.txt')).toString()).toContain('allow write');

    // Another text is another file's, also where its name were the same.
    await page.locator('#examples').selectOption('plain list');
    await expect.poll(() => source(page)).toBe('rules.txt');
    await page.locator('#source').fill('web.txt');
    await page.keyboard.press('Enter');
    await choose(page, '');
    await page.keyboard.press('Control+s');
    await choose(page, 'new.txt');
    await page.keyboard.press('Control+Shift+S');
    await expect.poll(() => notice(page)).toBe('new.txt is saved');
    expect(await source(page)).toBe('new.txt');
    expect((await getFile(page, 'new.txt')).toString()).toBe(await text(page));
    expect((await getFile(page, 'web.txt')).toString()).toContain('exit_group');
  });

  it('is saved as the bytes of a program where it was opened as one', async () => {
    const { page } = await playground.open();
    await usePickers(page);
    const program = Buffer.from(compileProfileSync(LIST, { arch: 'x86_64' }).program);
    await putFile(page, 'web.bpf', program);
    await choose(page, 'web.bpf');
    await page.keyboard.press('Control+o');
    await expect.poll(() => text(page)).toContain('A == read');
    await page.keyboard.press('Control+s');
    await expect.poll(() => notice(page)).toBe('web.bpf is saved');
    expect(await getFile(page, 'web.bpf')).toEqual(program);
    await write(page, 'no program');
    await page.keyboard.press('Control+s');
    await expect.poll(() => notice(page)).toContain('web.bpf was not saved');
    expect(await getFile(page, 'web.bpf')).toEqual(program);
  });

  it('is a download where the browser gives no way back, under a name without folders', async () => {
    const { page } = await playground.open();
    await page.evaluate(() => Object.assign(globalThis, { showSaveFilePicker: undefined }));
    await write(page, LIST);
    await page.locator('#source').fill(`../../${MARKUP}web.txt`);
    await page.keyboard.press('Enter');
    const [file] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Control+s')]);
    expect(file.suggestedFilename()).toMatch(/^[^/\\<>:"|?*]+web\.txt$/);
    expect(readFileSync(await file.path(), 'utf8')).toBe(LIST);
  });

  it('has versions that are compared, restored, deleted and cleared', async () => {
    const { page } = await playground.open();
    const items = page.locator('.keep-versions > li');
    const names = () => page.locator('.keep-name').allTextContents();
    const openDialog = () => page.getByRole('button', { name: 'Save…' }).click();
    await write(page, LIST);
    await page.locator('#source').fill(MARKUP);
    await page.keyboard.press('Enter');
    await openDialog();
    await expect.poll(names).toEqual([MARKUP]);
    expect(await page.evaluate(() => 'broken' in globalThis)).toBe(false);
    await page.keyboard.press('Escape');
    // What another one takes the place of is kept.
    await write(page, `${LIST}allow write\n`);
    await page.locator('#examples').selectOption('systemd unit');
    await expect.poll(() => text(page)).toContain('[Service]');
    await page.reload();
    await page.waitForSelector('.code-editor');
    await openDialog();
    await expect.poll(names).toEqual(['web.service', MARKUP, MARKUP]);
    await items.nth(2).getByRole('button', { name: 'Restore' }).click();
    await expect.poll(() => text(page)).toBe(LIST);
    // The restored one is the newest again.
    await openDialog();
    await expect.poll(names).toEqual([MARKUP, 'web.service', MARKUP]);
    await items.nth(2).getByRole('button', { name: 'Compare' }).click();
    await expect.poll(() => page.locator('.diff-name').textContent()).toContain(MARKUP);
    expect(await page.locator('img, script:not([src])').count()).toBe(0);
    await openDialog();
    await expect.poll(names).toEqual([MARKUP, 'web.service', MARKUP]);
    const count = await items.count();
    await items.first().getByRole('button', { name: 'Delete' }).click();
    await expect.poll(() => items.count()).toBe(count - 1);
    await page.getByLabel('Keep versions').uncheck();
    await page.getByRole('button', { name: 'Clear all' }).click();
    expect(await items.count()).toBe(count - 1);
    await page.getByRole('button', { name: 'Clear all: sure?' }).click();
    await expect.poll(() => items.count()).toBe(0);
    await page.keyboard.press('Escape');
    await openDialog();
    await expect.poll(() => page.locator('dialog [role=status]').textContent()).toBe('None yet.');
  });

  it('says where versions are not kept, and works all the same', async () => {
    const { page } = await playground.open();
    const status = page.locator('dialog [role=status]');
    // As Chromium does where a disk is full, and Firefox in a window that keeps nothing.
    const full = () => {
      const { add } = IDBObjectStore.prototype;
      let adds = 0;
      IDBObjectStore.prototype.add = function (this: IDBObjectStore, ...given: [unknown]) {
        if (adds++ < 2) throw new DOMException('no room', 'QuotaExceededError');
        return add.apply(this, given);
      };
    };
    await page.evaluate(full);
    await page.getByRole('button', { name: 'Save…' }).click();
    await expect.poll(() => notice(page)).toContain('no room left');
    await expect.poll(() => status.textContent()).toBe('None yet.');
    await page.keyboard.press('Escape');
    await page.evaluate(() => {
      IDBFactory.prototype.open = () => {
        throw new DOMException('not here', 'SecurityError');
      };
    });
    await page.reload();
    await page.addInitScript(() => {
      IDBFactory.prototype.open = () => {
        throw new DOMException('not here', 'SecurityError');
      };
    });
    await page.reload();
    await page.waitForSelector('.code-editor');
    await page.getByRole('button', { name: 'Save…' }).click();
    await expect.poll(() => status.textContent()).toContain('not kept: this browser does not keep them');
    await page.keyboard.press('Escape');
    await write(page, LIST);
    await page.waitForSelector('#status[data-kind=good]');
  });

  it('is an issue’s text, and a report that stands alone and runs nothing', async () => {
    const { page } = await playground.open();
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await write(page, `# ${MARKUP}\n${LIST}`);
    await page.locator('#source').fill(MARKUP);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Save…' }).click();
    await page.getByRole('button', { name: 'Copy as issue text' }).click();
    await expect.poll(() => notice(page)).toContain('is in the clipboard');
    const issue = await page.evaluate(() => navigator.clipboard.readText());
    expect(issue).toMatch(/^### Profile\n\n```\n# <\/pre><img[^\n]*\ndefault errno EPERM\n/);
    expect(issue).toMatch(/### Verdict\n\n```\nlist, compiled: \d+ instructions/);
    expect(issue).toMatch(/libseccomp \d\.\d/);

    await page.getByRole('button', { name: 'Save…' }).click();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download a report' }).click(),
    ]);
    expect(file.suggestedFilename()).toMatch(/\.report\.html$/);
    const path = join(tmpdir(), `scmp-report-${process.pid}.html`);
    writeFileSync(path, readFileSync(await file.path()));
    const report = await page.context().newPage();
    const requests: string[] = [];
    const faults: string[] = [];
    report.on('request', (request) => requests.push(request.url()));
    report.on('console', (message) => faults.push(message.text()));
    await report.goto(pathToFileURL(path).href);
    expect(await report.locator('h1').textContent()).toBe(MARKUP);
    const shown = await report.locator('pre').allTextContents();
    expect(shown).toContain(`# ${MARKUP}\n${LIST}`);
    expect(shown.some((each) => each.includes('ALLOW always'))).toBe(true);
    expect(await report.locator('tbody tr').count()).toBeGreaterThan(300);
    expect(await report.locator('img, script, iframe, link, [onerror]').count()).toBe(0);
    // Its own style is allowed, and the policy holds for whatever else there were.
    expect(await report.locator('body').evaluate((body) => getComputedStyle(body).maxWidth)).not.toBe('none');
    expect(requests).toEqual([pathToFileURL(path).href]);
    expect(faults).toEqual([]);
    const ran = await report.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'globalThis.broken = 1';
      document.body.append(script);
      return 'broken' in globalThis;
    });
    expect(ran).toBe(false);
  });
});
