import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{crds,operator,api,sandbox-runtime,packages,hack}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
