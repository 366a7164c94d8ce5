import { resolve } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { testRuntime, type TestRuntime } from '../../../fixtures.ts';

const MINUTES = 300_000;
const NO_PATH = 'a\0b.mp4';

let runtime: TestRuntime;
beforeAll(async () => {
  runtime = await testRuntime({
    SANDFLEET_DISPLAY: '147',
    BROWSER_REMOTE_DEBUGGING_PORT: '24329',
    SANDFLEET_DESKTOP_DIR: resolve(import.meta.dirname, '../../../../image/desktop'),
  });
}, MINUTES);
afterAll(() => runtime[Symbol.asyncDispose]());

it.for([
  ['upload_file', { selector: 'body', files: [NO_PATH] }],
  ['fill_form', { items: [{ selector: 'body', files: [NO_PATH] }] }],
  ['record', { action: 'once', duration: 1, save_path: NO_PATH }],
  ['record', { action: 'start', save_path: NO_PATH }],
  ['console/export', { save_path: NO_PATH }],
] as const)('a path that is none is told by page/%s, as any that is not there', { timeout: MINUTES }, async ([path, body]) => {
  const answer = await runtime.post(`/v1/browser/page/${path}`, body);
  expect([answer.status, answer.body.success]).toEqual([200, false]);
  expect(answer.body.message).toContain('A path holds no NUL character.');
});
