import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from './child.js';
import { buildLoaderBundle, type LoaderBundle } from './loader-bundle.js';

// Needs no kernel and installs nothing, but child processes: what they are made to believe about their host cannot be
// undone.
describe('the loader on a host that cannot install filters', () => {
  let bundle: LoaderBundle;
  let elsewhere: string;

  beforeAll(() => {
    bundle = buildLoaderBundle();
    elsewhere = mkdtempSync(join(tmpdir(), 'loader-without-koffi-'));
    cpSync(bundle.directory, elsewhere, { recursive: true });
  });
  afterAll(() => {
    bundle.remove();
    rmSync(elsewhere, { recursive: true, force: true });
  });

  /** Import the loader and use it; the codes of the errors. */
  const useLoader = async (loader: string, before = '') => {
    const code = `
      ${before}
      const loader = await import('${loader}');
      const codeOf = (call) => { try { call(); return 'done'; } catch (error) { return error.code + ': ' + error.message; } };
      const filter = new Uint8Array([6, 0, 0, 0, 0, 0, 255, 127]);
      console.log(JSON.stringify([
        loader.hostArchitecture(),
        codeOf(() => loader.installFilter(filter)),
        codeOf(() => loader.setNoNewPrivs()),
        codeOf(() => loader.installAndExec({ filter, command: 'true' })),
        codeOf(() => loader.seccompFeatures()),
      ]));`;
    const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', code]);
    expect(stderr).toBe('');
    return JSON.parse(stdout) as [string, ...string[]];
  };

  it('can be imported off Linux, and every use says that it is not Linux', async () => {
    const [architecture, ...errors] = await useLoader(
      bundle.loader,
      "Object.defineProperty(process, 'platform', { value: 'darwin' });",
    );
    expect(architecture).toMatch(/^[a-z0-9_]+$/);
    expect(errors).toHaveLength(4);
    for (const error of errors) expect(error).toMatch(/^UNSUPPORTED_HOST: .*darwin/);
  });

  it.skipIf(process.platform !== 'linux')(
    'can be imported without koffi, and every use says that it is missing',
    async () => {
      const [, ...errors] = await useLoader(pathToFileURL(join(elsewhere, 'loader.mjs')).href);
      expect(errors).toHaveLength(4);
      for (const error of errors) expect(error).toMatch(/^UNSUPPORTED_HOST: .*koffi/);
    },
  );
});
