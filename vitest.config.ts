import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // By default one processor is left idle; half of the time is spent waiting for child processes and pages.
    maxWorkers: availableParallelism(),
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // What is awaited comes or never comes; how soon is for the benchmark, and a machine may be busy.
    expect: { poll: { timeout: 20_000 } },
  },
});
