import { defineConfig } from 'vitest/config';

/** The chart: what helm renders, and what a real API server says to it. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    globalSetup: ['../support/shared-apiserver.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    // A first run builds helm and the API server.
    hookTimeout: 1_800_000,
  },
});
