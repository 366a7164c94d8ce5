import { execFile } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { testRuntime, type TestRuntime } from '../../fixtures.ts';
import { input, TestViewer } from './fixtures.ts';

const run = promisify(execFile);
const MINUTES = 300_000;
const env = { DISPLAY: ':143', PATH: '/usr/local/bin:/usr/bin:/bin' };

let runtime: TestRuntime;
let url: string;

beforeAll(async () => {
  runtime = await testRuntime({
    SANDFLEET_DISPLAY: '143',
    DISABLE_BROWSER: 'true',
    MAX_VNC_SOCKETS: '2',
    SANDFLEET_DESKTOP_DIR: resolve(import.meta.dirname, '../../../image/desktop'),
  });
  await runtime.app.listen({ host: '127.0.0.1', port: 0 });
  // It listens on TCP.
  url = `ws://127.0.0.1:${(runtime.app.server.address() as AddressInfo).port}/websockify`;
}, MINUTES);

afterAll(async () => runtime?.[Symbol.asyncDispose](), MINUTES);

const pointer = async () => (await run('xdotool', ['getmouselocation'], { env })).stdout.replace(/ screen.*\n?/, '');
const leave = async (viewer: TestViewer) => {
  viewer.socket.close();
  await viewer.closed;
};

/** What was sent before has been dealt with once a picture comes. */
async function seen(viewer: TestViewer, texts: Buffer[] = []): Promise<number> {
  viewer.request(false);
  return viewer.update(texts);
}

describe('the socket of the screen', { timeout: MINUTES }, () => {
  it('starts the screen, shows it and takes what is done', async () => {
    const viewer = await TestViewer.open(url);
    expect([viewer.width, viewer.height]).toEqual([1280, 1024]);
    viewer.encodings();
    viewer.send(input.pointer(321, 123));
    expect(await seen(viewer)).toBe(1280 * 1024 * 4);
    expect(await pointer()).toBe('x:321 y:123');
    await leave(viewer);
  });

  it.for(['?view_only=1', '?view_only=true', '?view_only=0&view_only=1'])('takes nothing from a viewer by %s', async (query) => {
    await run('xdotool', ['mousemove', '7', '8'], { env });
    const viewer = await TestViewer.open(`${url}${query}`, { isSplit: true });
    viewer.encodings(true);
    const acting = [input.pointer(50, 60, 1), input.pointer(50, 60), input.key(0x61, true), input.desktopSize(640, 480)];
    for (const byte of Buffer.concat([...acting, input.cutText('evil')])) viewer.send(Buffer.from([byte]));
    expect(await seen(viewer)).toBe(1280 * 1024 * 4);
    expect(await pointer()).toBe('x:7 y:8');
    await leave(viewer);
  });

  it('tells a viewer that something was copied, but not what', async () => {
    const viewer = await TestViewer.open(`${url}?view_only=1`);
    viewer.encodings(true);
    await seen(viewer);
    const worker = await TestViewer.open(url);
    worker.encodings();
    await seen(worker);
    await run('sh', ['-c', 'printf secret-text | xclip -i -selection clipboard >/dev/null 2>&1'], { env });
    const [told, heard]: [Buffer[], Buffer[]] = [[], []];
    while (!heard.some((text) => text.includes('secret-text'))) await seen(worker, heard);
    viewer.send(Buffer.from([6, 0, 0, 0, 0xff, 0xff, 0xff, 0xfc, 0x02, 0, 0, 1]));
    await seen(viewer, told);
    await seen(viewer, told);
    expect(told.length).toBeGreaterThan(0);
    expect(Buffer.concat(told).toString('latin1')).not.toContain('secret');
    expect(Math.max(...told.map(({ length }) => length))).toBeLessThanOrEqual(8);
    await leave(viewer);
    await leave(worker);
  });

  it('closes what is no message of a viewer, text, and what is too large', async () => {
    const viewer = await TestViewer.open(`${url}?view_only=1`);
    viewer.send(Buffer.from([99]));
    expect((await viewer.closed)[0]).toBe(1008);
    const talker = await TestViewer.open(url);
    talker.socket.send('hello');
    expect((await talker.closed)[0]).toBe(1003);
    const flooder = await TestViewer.open(url);
    flooder.send(Buffer.alloc(2 * 1024 * 1024));
    expect((await flooder.closed)[0]).toBe(1009);
  });

  it('has room for so many viewers, and again when one has left', async () => {
    const viewers = [await TestViewer.open(url), await TestViewer.open(url)];
    const third = new WebSocket(url);
    const [code, reason] = await once(third, 'close');
    expect([code, String(reason)]).toEqual([1013, 'Too many viewers of the screen.']);
    for (const viewer of viewers) await leave(viewer);
    for (let isIn = false; !isIn;) {
      isIn = await TestViewer.open(url).then(
        async (viewer) => (await leave(viewer), true),
        () => false,
      );
    }
  });

  it('holds the screen for one who does not read, and goes on', async () => {
    const viewer = await TestViewer.open(url);
    viewer.encodings();
    viewer.socket.pause();
    const before = process.memoryUsage().rss;
    for (let turn = 0; turn < 200; turn += 1) viewer.request(false);
    const other = await TestViewer.open(url);
    other.encodings();
    expect(await seen(other)).toBe(1280 * 1024 * 4);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
    await leave(other);
    viewer.socket.resume();
    expect(await viewer.update()).toBe(1280 * 1024 * 4);
    viewer.socket.terminate();
    await viewer.closed;
  });
});

it('shows the screen to nobody where that is switched off', { timeout: MINUTES }, async () => {
  await using other = await testRuntime({ DISABLE_VNC: 'true', DISABLE_BROWSER: 'true' });
  await other.app.listen({ host: '127.0.0.1', port: 0 });
  // It listens on TCP.
  const socket = new WebSocket(`ws://127.0.0.1:${(other.app.server.address() as AddressInfo).port}/websockify`);
  const [code, reason] = await once(socket, 'close');
  expect([code, String(reason)]).toEqual([1008, 'The screen is not shown here: DISABLE_VNC.']);
});
