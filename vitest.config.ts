import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Kernel tests start child processes; two cores is what CI has.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // What is awaited comes or never comes; how soon is for the benchmark, and a machine may be busy.
    expect: { poll: { timeout: 20_000 } },
  },
});
