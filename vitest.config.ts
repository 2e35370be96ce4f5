import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Kernel tests start child processes; two cores is what CI has.
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
