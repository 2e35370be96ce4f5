import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { build as esbuild } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, launchChromium } from '../browser/chromium.js';
import { ARCH, InstalledPackage, PROFILE, PROGRAM, tool } from './installed-package.js';

/** What a page and a worker do: compile, and hand the program over as base64. */
const compile = (entry: string, options = '', imports = '') => `
import { compileProfile } from '${entry}';
${imports}
export async function compiled() {
  const { program } = await compileProfile(${JSON.stringify(PROFILE)}, { arch: '${ARCH}'${options} });
  return btoa(String.fromCharCode(...program));
}
`;
const WORKER = `import { compiled } from './compile.js';
compiled().then(postMessage, (error) => postMessage(String(error)));
`;
const PAGE = `import { compiled } from './compile.js';
const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
const fromWorker = new Promise((resolve, reject) => {
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = (event) => reject(new Error('worker: ' + event.message));
});
globalThis.programs = Promise.all([compiled(), fromWorker]);
`;
const html = (script: string) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>test</title><script type="module" src="${script}"></script></html>`;
const project = (entry: string, options?: string, imports?: string) => ({
  'index.html': html('./page.js'),
  'page.js': PAGE,
  'worker.js': WORKER,
  'compile.js': compile(entry, options, imports),
});

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** Files as any static host sends them, under the policy a careful page has. */
function serve(folder: string): Promise<Server> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const file = join(folder, path.endsWith('/') ? `${path}index.html` : path);
    if (!existsSync(file)) return response.writeHead(404).end();
    const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'";
    const type = TYPES[extname(file)] ?? 'application/octet-stream';
    return response.writeHead(200, { 'content-type': type, 'content-security-policy': policy }).end(readFileSync(file));
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

const addressOf = (server: { address(): unknown } | null) =>
  `http://127.0.0.1:${(server!.address() as AddressInfo).port}/`;

describe.skipIf(!hasChromium)('in a browser, on the page and in a worker', () => {
  let installed: InstalledPackage;
  let browser: Browser;
  beforeAll(async () => {
    [installed, browser] = await Promise.all([InstalledPackage.install(), launchChromium()]);
  });
  afterAll(async () => {
    await browser?.close();
    installed?.remove();
  });

  /** The programs that a page and its worker compiled. */
  async function programs(address: string): Promise<unknown> {
    const page = await browser.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    try {
      await page.goto(address);
      await page.waitForFunction('globalThis.programs', undefined, { timeout: 40_000 });
      return await page.evaluate('programs');
    } catch (error) {
      throw new Error(`${(error as Error).message}\nthe page's errors:\n${faults.join('\n')}`);
    } finally {
      await page.close();
    }
  }

  async function programsOf(folder: string, path = ''): Promise<unknown> {
    const server = await serve(folder);
    try {
      return await programs(addressOf(server) + path);
    } finally {
      server.close();
    }
  }

  it('without any bundler, from libseccomp-wasm/inline', async () => {
    installed.project('plain', project('../node_modules/libseccomp-wasm/dist/inline.js'));
    expect(await programsOf(installed.folder, 'plain/')).toEqual([PROGRAM, PROGRAM]);
  });

  describe('with esbuild', () => {
    const bundle = async (folder: string) => {
      const entryPoints = [join(folder, 'page.js'), join(folder, 'worker.js')];
      const outdir = join(folder, 'out');
      const options = { bundle: true, format: 'esm', splitting: true, loader: { '.wasm': 'file' } } as const;
      const { warnings } = await esbuild({ entryPoints, outdir, ...options, logLevel: 'silent' });
      expect(warnings).toEqual([]);
      installed.project(`${folder.slice(installed.folder.length + 1)}/out`, { 'index.html': html('./page.js') });
      return outdir;
    };

    it('and libseccomp-wasm/inline', async () => {
      const folder = installed.project('esbuild-inline', project('libseccomp-wasm/inline'));
      expect(await programsOf(await bundle(folder))).toEqual([PROGRAM, PROGRAM]);
    });

    it('and its loader for files', async () => {
      const options = ', libseccomp: await loadLibseccomp({ wasm: new URL(wasm, import.meta.url) })';
      const imports = `import { loadLibseccomp } from 'libseccomp-wasm/libseccomp';
import wasm from 'libseccomp-wasm/libseccomp.wasm';`;
      const folder = installed.project('esbuild-file', project('libseccomp-wasm', options, imports));
      expect(await programsOf(await bundle(folder))).toEqual([PROGRAM, PROGRAM]);
    });

    it('in one classic script', async () => {
      const folder = installed.project('esbuild-iife', project('libseccomp-wasm/inline'));
      const entry = `${folder}/compile.js`;
      const result = await esbuild({
        ...{ entryPoints: [entry], bundle: true, format: 'iife', globalName: 'app', write: false },
        logLevel: 'silent',
      });
      expect(result.warnings).toEqual([]);
      const page = await browser.newPage();
      await page.addScriptTag({ content: result.outputFiles[0]!.text });
      expect(await page.evaluate('app.compiled()')).toBe(PROGRAM);
      await page.close();
    });
  });

  describe('with Vite', () => {
    const config = (root: string) => ({
      ...{ root, configFile: false as const, logLevel: 'error' as const, base: './' },
      worker: { format: 'es' as const },
    });

    it('built', async () => {
      const { build } = await import('vite');
      const folder = installed.project('vite', project('libseccomp-wasm'));
      await build(config(folder));
      expect(await programsOf(join(folder, 'dist'))).toEqual([PROGRAM, PROGRAM]);
    }, 90_000);

    it.each([
      ['docs/guides/bundlers.md says', 'libseccomp-wasm', { exclude: ['libseccomp-wasm'] }],
      ['it does without a configuration', 'libseccomp-wasm/inline', {}],
    ])('in development, as %s', async (_, entry, optimizeDeps) => {
      const { createServer: createVite } = await import('vite');
      const folder = installed.project(`vite-dev-${entry.replace('/', '-')}`, project(entry));
      mkdirSync(join(folder, 'cache'), { recursive: true });
      const vite = await createVite({
        ...config(folder),
        base: '/',
        cacheDir: join(folder, 'cache'),
        server: { host: '127.0.0.1', port: 0, fs: { allow: [installed.folder] } },
        optimizeDeps,
      });
      try {
        await vite.listen();
        expect(await programs(addressOf(vite.httpServer))).toEqual([PROGRAM, PROGRAM]);
      } finally {
        await vite.close();
      }
    });
  });

  it('with webpack 5', async () => {
    const webpackFolder = await tool('webpack', '5.112.2');
    if (!webpackFolder) return;
    const webpack = createRequire(`${webpackFolder}/package.json`)('webpack');
    const folder = installed.project('webpack', project('libseccomp-wasm'));
    const output = { path: join(folder, 'out'), filename: 'page.js' };
    const stats = await new Promise<{ toJson(options: object): { errors: unknown[]; warnings: unknown[] } }>(
      (resolve, reject) => {
        const options = {
          mode: 'production',
          context: folder,
          entry: './page.js',
          output,
          performance: { hints: false },
          optimization: { minimize: false },
        };
        webpack(options, (error: unknown, done: never) => (error ? reject(error) : resolve(done)));
      },
    );
    const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
    expect([errors, warnings]).toEqual([[], []]);
    installed.project('webpack/out', { 'index.html': html('./page.js') });
    expect(await programsOf(join(folder, 'out'))).toEqual([PROGRAM, PROGRAM]);
  }, 90_000);
});
