import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { parse } from 'yaml';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

interface Step {
  run?: string;
  uses?: string;
  with?: Record<string, string>;
}
const { jobs } = parse(readFileSync(join(ROOT, '.github/workflows/pages.yml'), 'utf8')) as {
  jobs: { playground: { steps: Step[] } };
};
const { steps } = jobs.playground;

const folder = mkdtempSync(join(tmpdir(), 'scmp-pages-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A checkout of its own, with what a build leaves outside of it: so that no step of a build is made again. */
function checkout(): string {
  const tree = join(folder, 'tree');
  const { stdout } = spawnSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 });
  const tracked = stdout.split('\0').filter((name) => name !== '' && existsSync(join(ROOT, name)));
  expect(tracked).not.toContain('site');
  const tarballs = readdirSync(join(ROOT, 'build')).filter((name) => name.endsWith('.tar.gz'));
  const made = ['stamps', 'source/configure', 'libseccomp.wasm', 'launcher', ...tarballs].map(
    (name) => `build/${name}`,
  );
  for (const name of [...tracked, ...made, 'src/libseccomp/libseccomp.wasm', 'dist']) {
    if (!existsSync(join(ROOT, name))) continue;
    mkdirSync(dirname(join(tree, name)), { recursive: true });
    cpSync(join(ROOT, name), join(tree, name), { recursive: true, preserveTimestamps: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
  return tree;
}

// GitHub runs it; here its lines are run as there, in a checkout: `sh -e`, which is a container's shell there, line by line.
it.skipIf(process.platform !== 'linux')('the workflow of GitHub Pages makes the site that it uploads', (context) => {
  const tree = checkout();
  const shell = (script: string) => spawnSync('sh', ['-e', '-c', script], { cwd: tree, encoding: 'utf8' });
  const dry = shell('./build.sh --dry-run bundles');
  expect(dry).toMatchObject({ status: 0 });
  // What it would make takes minutes, and is made where all tests run.
  if (/would be made/.test(dry.stdout))
    context.skip(`dist/ is older than its sources, ./build.sh bundles: ${dry.stdout}`);

  const names = steps.map(({ run, uses }) => run?.split(' ')[0] ?? uses?.replace(/@.*$/, ''));
  expect(names).toEqual([
    'apt-get',
    'actions/checkout',
    'actions/setup-node',
    './build.sh',
    'node',
    'actions/upload-pages-artifact',
    'actions/deploy-pages',
  ]);
  for (const { run } of steps.slice(1)) if (run) expect([run, shell(run)]).toMatchObject([run, { status: 0 }]);
  const { path } = steps.find(({ uses }) => uses?.startsWith('actions/upload-pages-artifact'))?.with ?? {};
  // As the action packs it: a folder with the page at its root, no links, and nobody forbidden to read.
  const packed = shell(`tar --dereference --hard-dereference --directory '${path}' -cf - . | tar -tvf -`).stdout;
  expect(packed).toMatch(/^drwxr-xr-x .* \.\/$/m);
  for (const name of ['index.html', 'service-worker.js', 'main.js', 'libseccomp.wasm', 'libseccomp.LICENSE.txt']) {
    expect(packed).toMatch(new RegExp(`^-rw.r-.r-. .* \\./${name}$`, 'm'));
  }
  const { file } = { file: readFileSync(join(tree, steps[2]?.with?.['node-version-file'] ?? ''), 'utf8') };
  expect(Number(file)).toBeGreaterThan(20);
});
