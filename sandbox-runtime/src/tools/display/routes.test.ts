import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { testRuntime, type TestRuntime } from '../../fixtures.ts';

/** One for all that start nothing. */
let shared: TestRuntime;
beforeAll(async () => void (shared = await testRuntime()));
afterAll(() => shared[Symbol.asyncDispose]());

interface Refusal {
  readonly detail: readonly { readonly loc: readonly (string | number)[]; readonly type: string }[];
}

describe('POST /v1/browser/actions', () => {
  const refused: readonly [string, object, readonly string[]][] = [
    ['no type', {}, ['body', 'action_type']],
    ['an unknown type', { action_type: 'EXEC' }, ['body', 'action_type']],
    ['a type in small letters', { action_type: 'click' }, ['body', 'action_type']],
    ['no place', { action_type: 'MOVE_TO' }, ['body', 'x']],
    ['a place that is a word', { action_type: 'MOVE_TO', x: '1', y: 1 }, ['body', 'x']],
    ['a place without end', { action_type: 'MOVE_TO', x: 1e300, y: 1 }, ['body', 'x']],
    ['a fourth button', { action_type: 'CLICK', button: 'back' }, ['body', 'button']],
    ['four clicks', { action_type: 'CLICK', num_clicks: 4 }, ['body', 'num_clicks']],
    ['half a notch', { action_type: 'SCROLL', dy: 0.5 }, ['body', 'dy']],
    ['too many notches', { action_type: 'SCROLL', dy: 10_000_000 }, ['body', 'dy']],
    ['no text', { action_type: 'TYPING', text: '' }, ['body', 'text']],
    ['too much text', { action_type: 'TYPING', text: 'x'.repeat(500_001) }, ['body', 'text']],
    ['no key', { action_type: 'PRESS' }, ['body', 'key']],
    ['a long key', { action_type: 'KEY_DOWN', key: 'x'.repeat(65) }, ['body', 'key']],
    ['no keys', { action_type: 'HOTKEY', keys: [] }, ['body', 'keys']],
    ['too many keys', { action_type: 'HOTKEY', keys: Array<string>(9).fill('a') }, ['body', 'keys']],
    ['no time', { action_type: 'WAIT', duration: 0 }, ['body', 'duration']],
    ['too much time', { action_type: 'WAIT', duration: 301 }, ['body', 'duration']],
  ];
  it.for(refused)('refuses %s with its field', async ([, body, location]) => {
    const answer = await shared.app.inject({ method: 'POST', url: '/v1/browser/actions', payload: body });
    expect([answer.statusCode, answer.json<Refusal>().detail[0]?.loc]).toEqual([422, location]);
  });

  it('waits without a screen', async () => {
    const begun = performance.now();
    const { body } = await shared.post('/v1/browser/actions', { action_type: 'WAIT', duration: 0.1 });
    expect(body).toMatchObject({
      success: true,
      status: 'success',
      action_performed: 'WAIT',
      data: { action_performed: 'WAIT' },
    });
    expect(performance.now() - begun).toBeGreaterThan(90);
  });
});

describe('a sandbox without a screen', () => {
  const none = { DISABLE_BROWSER: 'true', DISABLE_VNC: 'true' };
  it.for([
    ['POST', '/v1/browser/actions', { action_type: 'PRESS', key: 'a' }],
    ['POST', '/v1/display/record', { action: 'start' }],
    ['GET', '/v1/browser/screenshot', undefined],
  ] as const)('answers 503 to %s %s', async ([method, url, payload]) => {
    await using runtime = await testRuntime(none);
    const answer = await runtime.app.inject({ method, url, ...(payload === undefined ? {} : { payload }) });
    expect([answer.statusCode, answer.json<{ message: string }>().message]).toEqual([503, expect.stringContaining('DISABLE_')]);
  });
});

describe('POST /v1/browser/config', () => {
  it('remembers the size for a screen that does not run, in both forms', async () => {
    await using runtime = await testRuntime();
    const set = (resolution: unknown) => runtime.post('/v1/browser/config', { resolution });
    expect((await set('1920x1080')).body.data).toEqual({ resolution: { width: 1920, height: 1080 }, width: 1920, height: 1080 });
    expect((await set({ width: 800, height: 600 })).body.data).toMatchObject({ width: 800, height: 600 });
    expect((await runtime.post('/v1/browser/config')).body.data).toMatchObject({ width: 800, height: 600 });
    expect((await set(null)).body.data).toMatchObject({ width: 800, height: 600 });
  });

  it.for(['big', '1x1', '801x600', { width: 801, height: 600 }, { width: 800 }, { width: '800', height: 600 }, 5, []])(
    'refuses %j',
    async (resolution) => {
      expect((await shared.post('/v1/browser/config', { resolution })).status).toBe(422);
    },
  );
});

describe('POST /v1/display/record', () => {
  it('is idle at first, and has nothing to stop', async () => {
    const record = (action: string) => shared.post('/v1/display/record', { action });
    expect((await record('status')).body).toMatchObject({ success: true, data: { status: 'idle', duration: 0 } });
    expect((await record('stop')).body).toMatchObject({
      success: false,
      message: 'Nothing was recorded: start a recording first.',
    });
  });

  it.for([
    { action: 'pause' },
    { action: 'start', fps: 0 },
    { action: 'start', fps: 31 },
    { action: 'start', crf: 52 },
    { action: 'start', max_duration: 0 },
    { action: 'start', width: 0 },
    { action: 'start', height: 10_000 },
    { action: 'start', save_path: '' },
  ])('refuses %o', async (body) => {
    expect((await shared.post('/v1/display/record', body)).status).toBe(422);
  });

  it('refuses a path that is none before it starts anything', async () => {
    const { status, body } = await shared.post('/v1/display/record', { action: 'start', save_path: 'a\0b' });
    expect([status, body.success]).toEqual([200, false]);
  });
});
