import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // On two cores one file runs at a time, which is vitest's default: most start processes of their own, and some count them.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // What is awaited comes or never comes; how soon is for the benchmark, and a machine may be busy.
    expect: { poll: { timeout: 20_000 } },
  },
});
