import { defineConfig } from 'vitest/config';

const exclude = ['**/node_modules/**', '**/dist/**'];
const patience = { testTimeout: 120_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...patience,
          name: 'unit',
          // Nothing outside of what a test makes keeps a state, so the files share the modules that are loaded: a process for
          // each of them would spend more time on loading than on testing.
          isolate: false,
          maxWorkers: '100%',
          include: ['{crds,operator,api,packages,hack}/**/*.test.ts'],
          exclude,
        },
      },
      {
        // Nearly all of these start real processes and wait for them, so they are no part of the quick ones.
        test: {
          ...patience,
          name: 'runtime',
          // After the quick ones where both are asked for, since these take a core less.
          sequence: { groupOrder: 1 },
          // Real terminals, browsers and signals on a machine that others use too: what fails twice is a fault. The report
          // marks what needed its second try.
          retry: 1,
          include: ['sandbox-runtime/**/*.test.ts'],
          exclude,
        },
      },
    ],
  },
});
