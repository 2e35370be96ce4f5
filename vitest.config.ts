import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * What is compared with native libseccomp, the kernel, its headers or Debian's packages, none of which there is elsewhere.
 * Tests that need Linux in part skip that part themselves.
 */
const NEED_LINUX = [
  'test/{kernel,native,upstream}/**',
  'test/bpf/upstream-simulator.test.ts',
  'test/check/{check-profile,output}.test.ts',
  'test/compiler/prove-decisions.test.ts',
  'test/libseccomp/filter-context.test.ts',
  'test/oracle/sentences.test.ts',
  'test/profile/{explain-resolution,json-schema}.test.ts',
  'test/syscalls/{constants,signature}.test.ts',
  'test/version.test.ts',
];

/** What takes long, most of it waiting for other processes: begun first, so that none is left for the end. */
const LONG = 'package kernel browser native libseccomp/memory upstream docs cli'
  .split(' ')
  .map((path) => `test/${path}`);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const folder = LONG.findIndex((prefix) => relative(import.meta.dirname, moduleId).startsWith(prefix));
      return folder === -1 ? LONG.length : folder;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: process.platform === 'linux' ? [] : NEED_LINUX,
    // Processes that each run one file after the other: to start one for each file, and to load in it what all of them test,
    // would take a third of the time. One more than there are processors, since the tests often wait for programs.
    maxWorkers: availableParallelism() + 1,
    isolate: false,
    // Most of what the tests make is gone at once: with more room for it, less time goes into telling what is not.
    execArgv: ['--min-semi-space-size=16', '--max-semi-space-size=32'],
    sequence: { sequencer: LongestFirst },
    // `npm run coverage`: of what is tested in the same process. The command, the loader and the page are run as others run them.
    coverage: {
      provider: 'v8',
      include: ['src/*.ts', 'src/{check,compose,explain,learn,libseccomp,syscalls,testing}/**/*.ts'],
      reporter: ['text-summary'],
      reportOnFailure: true,
      thresholds: { statements: 87, branches: 82, functions: 85, lines: 88 },
    },
    // Against what hangs. How quick things are is for the benchmark, and a machine may be busy.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
  },
});
