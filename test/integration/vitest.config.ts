import { defineConfig } from 'vitest/config';

/** Against a real kube-apiserver. Files run one at a time: a second server of a test's own must find room beside the shared one. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    globalSetup: ['../support/shared-apiserver.ts'],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
