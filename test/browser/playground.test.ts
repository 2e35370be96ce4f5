import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { decodeProgram, disassemble, formatDisassembly } from '../../src/bpf/index.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import { describePlayground, figure, showView, write } from './page.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CONTAINER_DEFAULT = readFileSync(`${ROOT}examples/container-default.json`, 'utf8');

/** A profile of a few lines: what is denied with EPERM but for read, and socket when it is AF_UNIX. */
const SMALL = JSON.stringify({
  defaultAction: 'SCMP_ACT_ERRNO',
  syscalls: [
    { names: ['read', 'exit_group'], action: 'SCMP_ACT_ALLOW' },
    {
      names: ['socket'],
      action: 'SCMP_ACT_ALLOW',
      args: [{ index: 0, value: 4294967295, valueTwo: 1, op: 'SCMP_CMP_MASKED_EQ' }],
    },
  ],
});

describePlayground('the playground', (playground) => {
  it('opens with a profile, its map and its figures', async () => {
    const { page } = await playground.open();
    const { program } = compileProfileSync(CONTAINER_DEFAULT, { arch: 'x86_64' });
    expect(await figure(page, 'Instructions').textContent()).toBe(String(program.length / 8));
    expect(await page.locator('.call').count()).toBeGreaterThan(350);
  });

  it('loads at most 350 kB, compressed, on a first visit', async () => {
    const { page } = await playground.open({ wait: false });
    // A file each: browsers keep what the second worker asks for again.
    const addresses = new Set<string>();
    page.on('response', (response) => addresses.add(response.url()));
    await page.reload();
    await page.waitForSelector('.code-editor');
    await page.waitForSelector('.problem');
    const sizes = await Promise.all(
      [...addresses].map(async (url) => {
        const body = await (await fetch(url)).arrayBuffer();
        return gzipSync(new Uint8Array(body), { level: 9 }).length;
      }),
    );
    expect(sizes.length).toBeGreaterThan(10);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(350_000);
  });

  it('compiles what is typed, and every call is where the program puts it', async () => {
    const { page } = await playground.open();
    await write(page, SMALL);
    const { program } = compileProfileSync(SMALL, { arch: 'x86_64' });
    await expect.poll(() => figure(page, 'Instructions').textContent()).toBe(String(program.length / 8));
    const group = (name: string) =>
      page.locator('.map-group').filter({ has: page.locator('.badge', { hasText: name }) });
    expect(await group('ALLOW').locator('.call').allTextContents()).toEqual(['exit_group', 'read']);
    expect(await group('the arguments decide').locator('.call').allTextContents()).toEqual(['socket']);
    expect(await group('ERRNO(EPERM)').locator('.call').count()).toBeGreaterThan(300);

    await page.locator('.call[data-call=socket]').hover();
    await expect.poll(() => page.locator('.details').textContent()).toContain('domain == AF_UNIX');
    await page.getByRole('searchbox', { name: 'Filter calls' }).fill('exit_g');
    expect(await page.locator('.call:visible').allTextContents()).toEqual(['exit_group']);
    await page.locator('.call:visible').click();
    // The caret is at the name in the text.
    await expect.poll(() => page.locator('.cm-activeLine').textContent()).toContain('exit_group');
  });

  it('shows exceptions before the rule, in the map as in the findings', async () => {
    const { page } = await playground.open();
    const groups = () =>
      page.locator('.map-group').evaluateAll((all) => all.map((group) => group.getAttribute('aria-label')));
    await expect.poll(groups).toEqual(['the arguments decide', 'ERRNO(ENOSYS)', 'ERRNO(EPERM)', 'ALLOW']);
    await write(
      page,
      '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["ptrce", "bpf"], "action": "SCMP_ACT_ERRNO"}]}',
    );
    await expect.poll(groups).toEqual(['ERRNO(EPERM)', 'ALLOW']);
    const glyphs = () => page.locator('.problem-glyph').allTextContents();
    await expect.poll(() => glyphs().then((all) => all.slice(0, 2))).toEqual(['×', 'i']);
    expect((await glyphs()).join('')).toMatch(/^×+!*i*$/);
  });

  it('says what is wrong and where, keeps the last good result, and recovers by undo', async () => {
    const { page } = await playground.open();
    await write(page, SMALL);
    await expect
      .poll(() => figure(page, 'Instructions').textContent())
      .toBe(String(compileProfileSync(SMALL, { arch: 'x86_64' }).program.length / 8));
    const before = await figure(page, 'Instructions').textContent();
    await write(page, SMALL.replace('SCMP_ACT_ALLOW', 'SCMP_ACT_ALOW'));
    await page.waitForSelector('#status[data-kind=stale]');
    const problem = page.locator('.problem.is-error').first();
    expect(await problem.textContent()).toMatch(/SCMP_ACT_ALOW.*SCMP_ACT_ALLOW/);
    expect(await problem.locator('.problem-place').textContent()).toMatch(/^1:\d+/);
    expect(await figure(page, 'Instructions').textContent()).toBe(before);
    expect(await page.locator('.call').count()).toBeGreaterThan(300);
    await page.waitForSelector('.cm-lintRange-error');

    await page.locator('.cm-content').click();
    await page.keyboard.press('Control+z');
    await page.keyboard.press('Control+z');
    await page.waitForSelector('#status[data-kind=good]');
  });

  it('underlines what scmp check finds, and fixes it', async () => {
    const { page } = await playground.open();
    // socket's domain is an int: 64 bits of it are compared, of which the kernel looks at 32.
    const wide = JSON.stringify({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [
        {
          names: ['socket'],
          action: 'SCMP_ACT_ERRNO',
          errnoRet: 97,
          args: [{ index: 0, value: 40, op: 'SCMP_CMP_EQ' }],
        },
      ],
    });
    await write(page, wide);
    const fixButton = page.getByRole('button', { name: /^Fix: / });
    await fixButton.first().click();
    await expect.poll(() => page.locator('.cm-content').textContent()).toContain('SCMP_CMP_MASKED_EQ');
    // The findings leave, and the text moves.
    await expect.poll(() => fixButton.count()).toBe(0);
    await page
      .locator('.cm-line span', { hasText: /^"socket"$/ })
      .first()
      .hover();
    await expect.poll(() => page.locator('.hover-words').textContent()).toContain('socket(int domain');
    await page.mouse.move(2, 2);
    await page.waitForSelector('.hover-words', { state: 'detached' });
    await page.waitForSelector('#status[data-kind=good]');
    await page.locator('.cm-content').click();
    await page.keyboard.press('Control+z');
    expect(await page.locator('.cm-content').textContent()).toBe(wide);
  });

  it('ends with what was typed last, however fast', async () => {
    const { page } = await playground.open();
    await write(page, 'default errno EPERM\nallow read, write');
    await page.keyboard.type(', close, openat, mmap, munmap, brk, exit_group, futex');
    const text = (await page.locator('.cm-line').allTextContents()).join('\n');
    expect(text).toMatch(/futex$/);
    const { program } = compileProfileSync(text, { arch: 'x86_64' });
    await expect.poll(() => figure(page, 'Instructions').textContent()).toBe(String(program.length / 8));
    await page.waitForSelector('#status[data-kind=good]');
  });

  it('compiles for the target that the controls say', async () => {
    const { page } = await playground.open();
    const expected = (options: Parameters<typeof compileProfileSync>[1]) =>
      String(compileProfileSync(CONTAINER_DEFAULT, options).program.length / 8);
    await page.locator('#arch').selectOption('aarch64');
    await expect.poll(() => figure(page, 'Instructions').textContent()).toBe(expected({ arch: 'aarch64' }));
    await page.locator('#optimize').selectOption('2');
    await expect
      .poll(() => figure(page, 'Instructions').textContent())
      .toBe(expected({ arch: 'aarch64', optimize: 2 }));
    await page.locator('#optimize').selectOption('min');
    await expect
      .poll(() => figure(page, 'Instructions').textContent())
      .toBe(`${expected({ arch: 'aarch64', optimize: 'min' })} (libseccomp: ${expected({ arch: 'aarch64' })})`);
    await page.locator('#optimize').selectOption('2');
    await page.locator('#caps summary').click();
    await page.getByLabel('SYS_ADMIN', { exact: true }).check();
    const capabilities = ['CAP_SYS_ADMIN'];
    await expect
      .poll(() => figure(page, 'Instructions').textContent())
      .toBe(expected({ arch: 'aarch64', optimize: 2, capabilities }));
    await page.locator('#kernel').fill('4.4');
    await expect
      .poll(() => figure(page, 'Instructions').textContent())
      .toBe(expected({ arch: 'aarch64', optimize: 2, capabilities, kernel: '4.4' }));
    await page.locator('#kernel').fill('four');
    await page.waitForSelector('#status[data-kind=stale]');
  });

  it('simulates a call by name, and lights its way', async () => {
    const { page } = await playground.open();
    await write(page, SMALL);
    await showView(page, 'Simulate');
    await page.locator('#call-name').fill('socket');
    await page.locator('[data-argument="0"]').fill('AF_UNIX');
    const verdict = page.locator('.verdict');
    await expect.poll(() => verdict.textContent()).toContain('ALLOW');
    await page.locator('[data-argument="0"]').fill('AF_INET');
    await expect.poll(() => verdict.textContent()).toContain('ERRNO(EPERM)');
    const executed = Number(/(\d+) instructions/.exec((await verdict.textContent()) ?? '')?.[1]);
    expect(await figure(page, 'Simulated').textContent()).toBe(String(executed));
    await page.locator('[data-argument="0"]').fill('AF_NONSENSE');
    await expect.poll(() => verdict.textContent()).toContain('no constant');
    await page.locator('[data-argument="0"]').fill('-1');
    await expect.poll(() => verdict.textContent()).toContain('ERRNO(EPERM)');

    await page.getByRole('button', { name: 'Show in the listing' }).click();
    await expect.poll(() => page.locator('.listing-row.is-lit').count()).toBe(executed);
    await page.getByRole('button', { name: 'Graph' }).click();
    await expect.poll(() => page.locator('.node.is-lit').count()).toBeGreaterThan(2);
    expect(await page.locator('.end.is-lit').allTextContents()).toEqual([expect.stringContaining('ERRNO(EPERM)')]);
  });

  it('shows the program that the library disassembles', async () => {
    const { page } = await playground.open();
    await write(page, SMALL);
    await showView(page, 'Program');
    const { program } = compileProfileSync(SMALL, { arch: 'x86_64' });
    await expect.poll(() => page.locator('.listing-row').count()).toBe(program.length / 8);
    const texts = await page.locator('.listing-text').allTextContents();
    expect(texts.at(-1)).toMatch(/^return /);
    expect(texts.some((text) => text.includes('A == read'))).toBe(true);
  });

  it('compares with a built-in, exactly', async () => {
    const { page } = await playground.open();
    await showView(page, 'Diff');
    await page.getByLabel('Compare with').selectOption('example:container-default');
    await expect.poll(() => page.locator('.diff-summary').textContent()).toContain('decide alike');
    await write(page, CONTAINER_DEFAULT.replace('"accept4"', '"ptrace"'));
    await expect.poll(() => page.locator('.diff-summary').textContent()).toMatch(/1 weaker.*|.*stronger/);
    const results = await page.locator('.diff-results').textContent();
    expect(results).toContain('accept4');
  });

  it('exports the bytes and texts that the library makes', async () => {
    const { page } = await playground.open();
    await showView(page, 'Export');
    // What most people run comes first.
    expect(await page.getByLabel('Docker', { exact: true }).isChecked()).toBe(true);
    const compiled = compileProfileSync(CONTAINER_DEFAULT, { arch: 'x86_64', pfc: true });
    const download = async (format: string) => {
      await page.getByLabel(format, { exact: true }).check();
      const button = page.getByRole('button', { name: /^Download / });
      const extension = {
        'Program (.bpf)': 'bpf',
        'C array': 'c',
        Base64: 'base64',
        Hex: 'hex',
        PFC: 'pfc',
        Docker: 'docker.json',
      }[format];
      await expect.poll(() => button.textContent()).toMatch(new RegExp(`\\.${extension}$`));
      const [file] = await Promise.all([page.waitForEvent('download'), button.click()]);
      return readFileSync(await file.path());
    };
    expect(new Uint8Array(await download('Program (.bpf)'))).toEqual(new Uint8Array(compiled.program));
    expect((await download('Base64')).toString().trim()).toBe(Buffer.from(compiled.program).toString('base64'));
    expect((await download('Hex')).toString().trim()).toBe(Buffer.from(compiled.program).toString('hex'));
    expect((await download('PFC')).toString()).toBe(compiled.pfc);
    const source = (await download('C array')).toString();
    const rows = [...source.matchAll(/\{ (\w+), (\d+), (\d+), (\w+) \}/g)].map(([, code, jt, jf, k]) => ({
      code: Number(code),
      jt: Number(jt),
      jf: Number(jf),
      k: Number(k),
    }));
    expect(rows).toEqual(decodeProgram(compiled.program, 'little'));
    const docker = (await download('Docker')).toString();
    expect(compileProfileSync(docker, { arch: 'x86_64' }).program).toEqual(compiled.program);
    expect(formatDisassembly(disassemble(compiled))).toContain('return');
  });

  it('opens a file that is dropped, and refuses one that is no text', async () => {
    const { page } = await playground.open();
    const drop = (name: string, bytes: readonly number[]) =>
      page.evaluate(
        ({ name: fileName, bytes: content }) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(content)], fileName));
          const target = document.querySelector('.code-editor')?.shadowRoot?.querySelector('.cm-content');
          target?.dispatchEvent(
            new DragEvent('drop', { dataTransfer: transfer, bubbles: true, composed: true, cancelable: true }),
          );
        },
        { name, bytes: [...bytes] },
      );
    await drop('mine.json', [...Buffer.from(SMALL)]);
    await expect.poll(() => page.locator('#source').inputValue()).toBe('mine.json');
    await expect.poll(() => page.locator('.cm-content').textContent()).toBe(SMALL);
    await drop('evil.bin', [0xff, 0xfe, 0, 1]);
    await expect.poll(() => page.locator('#notice').textContent()).toContain('evil.bin');
    expect(await page.locator('#source').inputValue()).toBe('mine.json');
  });

  it('stays usable where the editor cannot be loaded, and says so where the compiler cannot', async () => {
    const { page, faults } = await playground.open({ wait: false });
    await page.route('**/code-editor-*.js', (route) => route.abort());
    await page.reload();
    await page.waitForSelector('#status[data-kind=good]');
    await expect.poll(() => page.locator('#notice').textContent()).toContain('could not be loaded');
    await page.getByRole('textbox', { name: 'Profile text' }).fill(SMALL);
    const { program } = compileProfileSync(SMALL, { arch: 'x86_64' });
    await expect.poll(() => figure(page, 'Instructions').textContent()).toBe(String(program.length / 8));
    // A view that cannot be loaded says so in its place, and is loaded when it is asked for again.
    await page.route('**/export-*.js', (route) => route.abort());
    await showView(page, 'Export');
    await page.waitForSelector('#panel-export [role=alert]');
    await page.unroute('**/export-*.js');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('button', { name: 'Download' }).waitFor();
    expect(await page.locator('#panel-export [role=alert]').count()).toBe(0);
    await page.route('**/libseccomp.wasm', (route) => route.abort());
    await page.reload();
    await page.waitForSelector('#status[data-kind=error]');
    expect(await page.locator('.problem').allTextContents()).toEqual([expect.stringContaining('libseccomp.wasm')]);
    // The browser reports what was stopped here.
    expect(faults.every((fault) => fault.includes('ERR_FAILED'))).toBe(true);
    faults.length = 0;
  });

  it('works with the plain text field alone, before the editor has come', async () => {
    const { page } = await playground.open({ wait: false });
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/code-editor-*.js', (route) => released.then(() => route.continue()));
    await page.reload({ waitUntil: 'domcontentloaded' });
    await page.waitForSelector('#status[data-kind=good]');
    const area = page.getByRole('textbox', { name: 'Profile text' });
    expect(await area.evaluate((element) => element.tagName)).toBe('TEXTAREA');
    await area.fill(SMALL);
    const { program } = compileProfileSync(SMALL, { arch: 'x86_64' });
    await expect.poll(() => figure(page, 'Instructions').textContent()).toBe(String(program.length / 8));
    // The editor takes over the text as it was left.
    release();
    await page.waitForSelector('.code-editor');
    expect(await page.locator('.cm-content').textContent()).toBe(SMALL);
  });
});
