import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import type { SandboxOptions } from '../../native-loader/index.js';
import { ROOT } from '../cli/scmp.js';
import { NODE_FEATURES, NODE_PROGRAM } from '../kernel/node-program.js';
import { nodeOf } from '../package/installed-package.js';

// docs/node.md says what breaks in Node.js when a system call is denied. Each row is measured again here on the Node that
// runs the tests; `MEASURE_NODE=1` measures all calls on all three versions instead and prints the table.

const VERSIONS = ['22.23.3', '24.21.0'];

const folder = mkdtempSync(join(tmpdir(), 'scmp-node-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The compiler and the loader as the package has them. */
const { compileProfile }: typeof import('../../src/index.js') = await import(`${ROOT}dist/index.js`);
const { hostArchitecture, spawnSandboxed }: typeof import('../../native-loader/index.js') = await import(
  `${ROOT}dist/loader.js`
);

/** What no longer works of the program when one call is denied: features, or "aborts" and what else comes of the whole. */
async function broken(call: string, errno: string, node: string): Promise<string> {
  const cwd = mkdtempSync(join(folder, `${call}-`)); // the program makes files
  const errnoRet = constants.errno[errno as 'EPERM' | 'ENOSYS'];
  const denial = { names: [call], action: 'SCMP_ACT_ERRNO', errnoRet };
  const profile = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [denial] };
  const { program: filter } = await compileProfile(profile, { arch: hostArchitecture() });
  const options: SandboxOptions = {
    filter,
    cwd,
    timeout: 20_000,
    killSignal: 'SIGKILL',
    stdio: ['ignore', 'pipe', 'ignore'],
  };
  let sandbox: Awaited<ReturnType<typeof spawnSandboxed>>;
  try {
    sandbox = await spawnSandboxed(node, ['-e', NODE_PROGRAM], options);
  } catch {
    return 'does not start';
  }
  const [stdout, { code, signal }] = await Promise.all([text(sandbox.stdout!), sandbox.exited]);
  const works = NODE_FEATURES.filter((feature) => stdout.includes(`${feature} works\n`));
  const fails = NODE_FEATURES.filter((feature) => !works.includes(feature));
  if (signal === 'SIGKILL') return 'hangs';
  if (works.length > 0 && code === 0) return fails.join(', ') || 'nothing';
  return 'aborts';
}

const page = () => readFileSync(new URL('../../docs/node.md', import.meta.url), 'utf8');

/** The rows of the table: calls, errno, and what breaks. */
function rows(): { call: string; errno: string; what: string }[] {
  return [...page().matchAll(/^\| (`[^|]+) \| (E\w+) \| ([^|]+) \|/gm)].flatMap(([, calls, errno, what]) =>
    [...calls!.matchAll(/`(\w+)`/g)].map(([, call]) => ({ call: call!, errno: errno!, what: what!.trim() })),
  );
}

/** Two at a time: each is a process that starts another. */
async function measureAll<T>(items: readonly T[], measure: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const next = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await measure(item);
  };
  await Promise.all([next(), next()]);
}

/** What the page was measured with; another C library makes other calls. */
const GLIBC = '2.36';
const report = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
const isSame = process.platform === 'linux' && process.arch === 'x64' && report.header.glibcVersionRuntime === GLIBC;

describe.skipIf(!isSame)('docs/node.md', () => {
  it.skipIf(!!process.env.MEASURE_NODE)('says what breaks when a call is denied', { timeout: 300_000 }, async () => {
    expect(rows().length).toBeGreaterThan(20);
    const measured: typeof rows extends () => infer R ? R : never = [];
    await measureAll(rows(), async ({ call, errno }) => {
      measured.push({ call, errno, what: await broken(call, errno, process.execPath) });
    });
    const sorted = (all: typeof measured) => all.map(({ call, errno, what }) => `${call} ${errno}: ${what}`).sort();
    expect(sorted(measured)).toEqual(sorted(rows()));
  });

  it.runIf(!!process.env.MEASURE_NODE)('is measured', { timeout: 3_600_000 }, async () => {
    const builtin = readFileSync(`${ROOT}test/profile/builtin.test.ts`, 'utf8');
    const calls = /const measured = `([^`]+)`/
      .exec(builtin)![1]!
      .split(/\s+/)
      .concat('clone3', 'io_uring_setup', 'clone');
    const nodes = [process.execPath];
    for (const version of VERSIONS) nodes.push((await nodeOf(version))!);
    const cases = calls.flatMap((call) => ['EPERM', 'ENOSYS'].map((errno) => ({ call, errno })));
    const lines: string[] = [];
    await measureAll(cases, async ({ call, errno }) => {
      const results: string[] = [];
      for (const node of nodes) results.push(await broken(call, errno, node));
      if (results.some((what) => what !== 'nothing')) lines.push(`| \`${call}\` | ${errno} | ${results.join(' | ')} |`);
    });
    console.log(lines.sort().join('\n'));
  });
});
