import { expect, it } from 'vitest';
import { describePlayground, settled, showView, write } from './page.js';

const PROFILE = `{
  "defaultAction": "SCMP_ACT_ERRNO",
  "architectures": ["SCMP_ARCH_X86_64"],
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" },
    { "names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 1, "op": "SCMP_CMP_EQ" }] }
  ]
}
`;

const LOG = `type=SECCOMP msg=audit(1700000000.123:456): auid=1000 uid=1000 gid=1000 ses=1 pid=4242 comm="ls" exe="/bin/ls" sig=0 arch=c000003e syscall=165 compat=0 ip=0x7f code=0x50001
type=SECCOMP msg=audit(1700000001.123:457): auid=1000 uid=1000 gid=1000 ses=1 pid=4242 comm="ls" exe="/bin/ls" sig=0 arch=c000003e syscall=165 compat=0 ip=0x7f code=0x50001
`;

const UNIT = '[Service]\n# why\nSystemCallFilter=@system-service\nSystemCallFilter=~@privileged\n';

/** Put a text into the editor as a paste does, with all of it chosen before. */
const PASTE = (text: string) => {
  const host = document.querySelector('.code-editor') as HTMLElement;
  const target = host.shadowRoot?.querySelector('.cm-content') as HTMLElement;
  const data = new DataTransfer();
  data.setData('text/plain', text);
  const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, composed: true, cancelable: true });
  target.dispatchEvent(event);
};

describePlayground('the views beyond the map', (playground) => {
  it('a pasted log opens as why, the profile stays, and a click adds what was denied', async () => {
    const { page } = await playground.open();
    await write(page, PROFILE);
    await expect.poll(() => page.locator('.map-group').count()).toBeLessThan(4);
    await page.evaluate(PASTE, LOG);
    await expect.poll(() => page.locator('.why-table tbody tr').count()).toBe(1);
    expect(await page.getByRole('tab', { name: 'Why' }).getAttribute('aria-selected')).toBe('true');
    const row = page.locator('.why-table tbody tr');
    expect(await row.textContent()).toMatch(/\/bin\/ls.*mount.*2.*no entry/i);
    expect(await page.locator('.cm-content').textContent()).not.toContain('type=SECCOMP');
    await page.getByRole('button', { name: 'Add an entry that allows mount' }).click();
    await expect.poll(() => page.locator('.cm-content').textContent()).toContain('"mount"');
    // The answer of the log is another one now: the profile allows the call.
    await expect.poll(() => page.locator('.why-table').textContent()).toMatch(/allow/i);
  });

  it('colours the words of every language, and the name and the downloads follow the format', async () => {
    const { page } = await playground.open();
    await write(page, UNIT);
    await expect.poll(() => page.locator('.cm-line .word-property').count()).toBe(2);
    expect(await page.locator('.cm-line .word-comment').textContent()).toBe('# why');
    expect(await page.locator('.cm-line .word-macro').first().textContent()).toBe('@system-service');
    await expect.poll(() => page.locator('#source').inputValue()).toBe('profile.service');
    await write(page, 'default errno EPERM\nallow read\n');
    await expect.poll(() => page.locator('.cm-line .word-keyword').count()).toBe(3);
    await expect.poll(() => page.locator('#source').inputValue()).toBe('profile.list');
    await page.keyboard.type('allow socke');
    await expect.poll(() => page.locator('.cm-tooltip-autocomplete').textContent()).toContain('socket');
    await page.keyboard.press('Escape');
    await write(page, PROFILE);
    await expect.poll(() => page.locator('#source').inputValue()).toBe('profile.json');
    await expect.poll(() => page.locator('[class*=word-]').count()).toBe(0);
  });

  it('has two texts side by side, whose entries are linked', async () => {
    const { page } = await playground.open();
    await write(page, PROFILE);
    await expect.poll(() => page.locator('.map-group').count()).toBeLessThan(4);
    await showView(page, 'Diff');
    await page.getByLabel('The other profile', { exact: true }).evaluate(
      (area, text) => {
        (area as HTMLTextAreaElement).value = text;
        area.dispatchEvent(new Event('input'));
      },
      PROFILE.replace(', "write"', '').replace('"value": 1', '"value": 2'),
    );
    await expect.poll(() => page.locator('.difference').count()).toBeGreaterThan(1);
    expect(await page.locator('.difference').first().textContent()).toContain('weaker');
    await page.locator('.difference-call', { hasText: 'socket' }).first().click();
    await expect.poll(() => page.locator('.text-row.is-focused').count()).toBe(1);
    const row = page.locator('.text-row.is-focused');
    expect(await row.textContent()).toMatch(/"value": 2.*"value": 1/);
    const hues = await row
      .locator('.text-cell')
      .evaluateAll((cells) => cells.map(({ className }) => /entry-\d/.exec(className)?.[0]));
    expect(hues[0]).toBeDefined();
    expect(hues[0]).toBe(hues[1]);
    // By keys as by the mouse.
    await row.focus();
    await page.keyboard.press('ArrowUp');
    expect(await page.evaluate(() => document.activeElement?.className)).toContain('text-row');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.cm-activeLine').textContent()).toContain('socket');
    await page.getByRole('button', { name: 'Both allow' }).click();
    const both = page.locator('.combined-text');
    await expect.poll(() => both.textContent()).toContain('"read"');
    expect(await both.textContent()).not.toContain('"write"');
    await page.getByRole('button', { name: 'Either allows' }).click();
    await expect.poll(() => both.textContent()).toContain('"write"');
    await page.getByRole('button', { name: 'Differences' }).click();
    expect(await both.isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Replace the profile with it' }).click();
    await expect.poll(() => page.locator('.cm-content').textContent()).not.toContain('"write"');
  });

  it('has every option, as the equal command line', async () => {
    const { page } = await playground.open();
    await showView(page, 'Options');
    await expect.poll(() => page.locator('#panel-options').textContent()).toContain('scmp compile');
    await page.locator('#panel-options').getByLabel('Runtime', { exact: false }).first().selectOption('runc');
    await expect.poll(() => page.locator('#panel-options').textContent()).toContain('--runtime runc');
  });

  it('is stopped by Cancel, says so, and goes on when asked to', async () => {
    const { page } = await playground.open();
    await settled(page);
    const rules = Array.from(
      { length: 3600 },
      (_, at) =>
        `{"names":["read"],"action":"SCMP_ACT_ALLOW","args":[{"index":1,"value":${at * 3},"op":"SCMP_CMP_EQ"}]}`,
    );
    const architectures = '"architectures":["SCMP_ARCH_RISCV64"]';
    await page.locator('#arch').selectOption('riscv64');
    await write(page, `{"defaultAction":"SCMP_ACT_ERRNO",${architectures},"syscalls":[\n${rules.join(',\n')}\n]}`);
    const cancel = page.locator('#cancel:not([hidden])');
    await cancel.waitFor();
    expect(await page.locator('#status').textContent()).toBe('Compiling…');
    expect(await page.locator('body').getAttribute('data-results')).toBe('stale');
    await cancel.click();
    await expect.poll(() => page.locator('#status').textContent()).toContain('Cancelled');
    expect(await page.locator('#problems-count').textContent()).toBe('Not checked');
    await write(page, PROFILE.replace('X86_64', 'RISCV64'));
    await expect.poll(() => page.locator('#status').textContent()).toBe('Compiled');
    expect(await page.locator('body').getAttribute('data-results')).toBe('fresh');
  });

  it('prints all rows of the listing', async () => {
    const { page } = await playground.open();
    await showView(page, 'Program');
    await page.waitForSelector('.listing-row');
    const instructions = Number((await page.locator('.figure dd').first().textContent())?.replaceAll(',', ''));
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    await page.emulateMedia({ media: 'print' });
    const printed = (await page.locator('#print-listing').textContent())?.split('\n') ?? [];
    expect(printed.length).toBe(instructions);
    expect(await page.locator('#print-listing').isVisible()).toBe(true);
    expect(await page.locator('.listing-row').first().isVisible()).toBe(false);
    await page.emulateMedia({ media: 'screen' });
    await page.evaluate(() => dispatchEvent(new Event('afterprint')));
    expect(await page.locator('#print-listing').isVisible()).toBe(false);
  });
});
