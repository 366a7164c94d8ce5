import { execFile } from 'node:child_process';
import { stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { inflateSync } from 'node:zlib';

import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { testRuntime, type TestRuntime } from '../../fixtures.ts';

const run = promisify(execFile);
const DISPLAY = '43';
const DEVTOOLS = '24322';
const MINUTES = 300_000;
const MIB = 1024 * 1024;

const PAGE = `<!doctype html><meta charset="utf-8"><title>t</title>
<body style="margin:0;height:20000px;background:#fff"><textarea id="a" style="position:fixed;left:0;top:0;width:600px;height:200px"></textarea>
<div style="position:fixed;left:0;top:300px;width:200px;height:200px;background:#123456"></div>
<script>log = []; for (const type of ['mousedown', 'mouseup', 'click', 'dblclick', 'contextmenu', 'keydown', 'keyup'])
addEventListener(type, (e) => { log.push([type, e.clientX ?? 0, e.clientY ?? 0, e.key ?? e.detail]); if (type === 'contextmenu') e.preventDefault(); }, true);
</script>`;

let runtime: TestRuntime;
let site: Server;
let browser: Browser;
let page: Page;
/** Where the page begins on the screen. */
let top: number;

interface Acted {
  readonly success: boolean;
  readonly message: string;
  readonly hint?: string;
}

const act = async (action: object): Promise<Acted> => (await runtime.post('/v1/browser/actions', action)).body;
const env = { DISPLAY: `:${DISPLAY}`, PATH: '/usr/local/bin:/usr/bin:/bin' };
const clipboard = async () => (await run('xclip', ['-o', '-selection', 'clipboard'], { env })).stdout;
const events = () => page.evaluate<readonly (string | number)[][]>('log.splice(0)');

/** Waits for what the page must come to, with a generous end. */
async function comes(look: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000;
  while (!(await look())) {
    if (Date.now() > end) throw new Error(`it did not come; the page has seen ${JSON.stringify(await events())}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

beforeAll(async () => {
  runtime = await testRuntime({
    SANDFLEET_DISPLAY: DISPLAY,
    BROWSER_REMOTE_DEBUGGING_PORT: DEVTOOLS,
    MAX_RECORD_BYTES: String(MIB),
    SANDFLEET_DESKTOP_DIR: resolve(import.meta.dirname, '../../../image/desktop'),
  });
  site = createServer((_, response) => response.setHeader('content-type', 'text/html').end(PAGE)).listen(0, '127.0.0.1');
  await act({ action_type: 'MOVE_TO', x: 700, y: 700 });
  browser = await chromium.connectOverCDP(`http://127.0.0.1:${DEVTOOLS}`);
  page = browser.contexts()[0]?.pages()[0] ?? (await browser.newPage());
  // It listens on TCP.
  await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
  top = await page.evaluate<number>('screenY + outerHeight - innerHeight');
}, MINUTES);

afterAll(async () => {
  await browser?.close();
  site?.close();
  await runtime?.[Symbol.asyncDispose]();
}, MINUTES);

describe('the actions', { timeout: MINUTES }, () => {
  it('click, double-click and right-click where they are told', async () => {
    await events();
    await act({ action_type: 'CLICK', x: 50, y: top + 350 });
    await act({ action_type: 'RIGHT_CLICK' });
    await comes(() => page.evaluate("log.some(([type]) => type === 'contextmenu')"));
    expect((await events()).filter(([type]) => type === 'click' || type === 'contextmenu')).toEqual([
      ['click', 50, 350, 1],
      ['contextmenu', 50, 350, 0],
    ]);
    await act({ action_type: 'DOUBLE_CLICK', x: 150, y: top + 450 });
    await comes(() => page.evaluate("log.some(([type]) => type === 'dblclick')"));
  });

  it('refuse places beyond the edges, and do nothing then', async () => {
    await act({ action_type: 'MOVE_TO', x: 10, y: 20 });
    for (const action of [
      { action_type: 'CLICK', x: 5000, y: 1 },
      { action_type: 'MOVE_REL', x_offset: -11, y_offset: 0 },
      { action_type: 'DRAG_TO', x: 1, y: 1024 },
    ])
      expect(await act(action)).toMatchObject({ success: false, data: null, action_performed: '' });
    expect((await run('xdotool', ['getmouselocation'], { env })).stdout).toMatch(/^x:10 y:20 /);
  });

  it('drag from the pointer', async () => {
    await act({ action_type: 'MOVE_TO', x: 300, y: top + 350 });
    await events();
    await act({ action_type: 'DRAG_REL', x_offset: 40, y_offset: 60 });
    await comes(() => page.evaluate("log.some(([type]) => type === 'mouseup')"));
    const [down, up] = (await events()).filter(([type]) => type === 'mousedown' || type === 'mouseup');
    expect([down?.slice(0, 3), up?.slice(0, 3)]).toEqual([
      ['mousedown', 300, 350],
      ['mouseup', 340, 410],
    ]);
  });

  it('scroll down by what is below zero, and up again', async () => {
    await act({ action_type: 'SCROLL', dy: -5 });
    await comes(async () => (await page.evaluate<number>('scrollY')) > 200);
    await act({ action_type: 'SCROLL', dy: 500 });
    await comes(async () => (await page.evaluate<number>('scrollY')) === 0);
  });

  it('type any text by the clipboard, which then has what it had', async () => {
    const source = join(runtime.home, 'copied');
    await writeFile(source, 'copied before: ü');
    await run('sh', ['-c', 'xclip -i -selection clipboard "$1" >/dev/null 2>&1', 'sh', source], { env });
    await page.evaluate("document.querySelector('#a').value = ''");
    await act({ action_type: 'CLICK', x: 50, y: top + 50 });
    const text = `häl 😀 漢字\n\t"${'x'.repeat(300_000)}"`;
    expect(await act({ action_type: 'TYPING', text })).toMatchObject({ success: true });
    await comes(async () => (await page.inputValue('#a')).length === text.length);
    expect(await page.inputValue('#a')).toBe(text);
    expect(await clipboard()).toBe('copied before: ü');
  });

  it('type by the clipboard one after the other, and wait for a page that is slow to paste', async () => {
    // Longer than a program is given to ask again, where nobody looks after the page itself.
    await page.evaluate(`document.querySelector('#a').value = ''; pastes = 0;
      addEventListener('paste', globalThis.slow = () => {
        pastes += 1;
        if (pastes % 10 === 3) for (const end = performance.now() + 900; performance.now() < end;);
      }, true)`);
    await act({ action_type: 'CLICK', x: 50, y: top + 50 });
    const texts = Array.from({ length: 30 }, (_, index) => `<${'ä漢😀'.repeat(1 + (index % 7))}${index}>`);
    const answers = await Promise.all(texts.map((text) => act({ action_type: 'TYPING', text })));
    await page.evaluate("removeEventListener('paste', slow, true)");
    expect(answers.filter(({ success, hint }) => !success || hint !== undefined)).toEqual([]);
    const value = await page.inputValue('#a');
    expect(value.split(/(?<=>)/).toSorted()).toEqual(texts.toSorted());
    expect(await clipboard()).toBe('copied before: ü');
  });

  it('type key by key, also what the keyboard does not have', async () => {
    await page.evaluate("document.querySelector('#a').value = ''");
    const text = 'Hello (a+b)*c = "d" ~ ü ß € 漢字 😀 łódź ÄÖÜ žščřýáíé αβγδε привет $%&/[]{}\\|@';
    await act({ action_type: 'TYPING', text, use_clipboard: false });
    await comes(async () => (await page.inputValue('#a')).length >= text.length);
    expect(await page.inputValue('#a')).toBe(text);
    expect(await act({ action_type: 'TYPING', text: 'a\u0001', use_clipboard: false })).toMatchObject({ success: false });
    expect(await page.inputValue('#a')).toBe(text);
  });

  it('press keys by either kind of name, and combinations in order', async () => {
    await events();
    for (const key of ['Home', 'ArrowRight', 'F8', 'A', '?']) await act({ action_type: 'PRESS', key });
    await act({ action_type: 'HOTKEY', keys: ['ctrl', 'a'] });
    await act({ action_type: 'KEY_DOWN', key: 'shift' });
    await act({ action_type: 'KEY_UP', key: 'Shift_L' });
    await comes(() => page.evaluate("log.filter(([type, , , key]) => type === 'keyup' && key === 'Shift').length >= 3"));
    const pressed = (await events()).filter(([type]) => type === 'keydown').map(([, , , key]) => key);
    expect(pressed).toEqual(['Home', 'ArrowRight', 'F8', 'Shift', 'A', 'Shift', '?', 'Control', 'a', 'Shift']);
    expect(await act({ action_type: 'PRESS', key: 'nokey' })).toMatchObject({
      success: false,
      message: expect.stringContaining('No key is called "nokey"'),
    });
  });

  it('come one after the other when typed by keys', async () => {
    await page.evaluate("document.querySelector('#a').value = ''");
    await act({ action_type: 'CLICK', x: 50, y: top + 50 });
    const texts = Array.from({ length: 8 }, (_, index) => `<${String(index).repeat(40)}>`);
    await Promise.all(texts.map((text) => act({ action_type: 'TYPING', text, use_clipboard: false })));
    await comes(async () => (await page.inputValue('#a')).length === texts.join('').length);
    const value = await page.inputValue('#a');
    for (const text of texts) expect(value).toContain(text);
  });
});

describe('the picture of the screen', { timeout: MINUTES }, () => {
  it('has its pixels and its size', async () => {
    await page.evaluate('scrollTo(0, 0)');
    await comes(async () => {
      const { rawPayload, headers } = await runtime.app.inject({ url: '/v1/browser/screenshot' });
      const [width, height] = [rawPayload.readUInt32BE(16), rawPayload.readUInt32BE(20)];
      expect(headers).toMatchObject({
        'content-type': 'image/png',
        'x-screen-width': String(width),
        'x-image-height': String(height),
      });
      return colourAt(rawPayload, { x: 100, y: top + 400 }) === '123456';
    });
  });

  it('comes as JPEG, smaller for less quality', async () => {
    const sizes: number[] = [];
    for (const [format, quality] of [
      ['jpeg', 95],
      ['jpg', 5],
    ] as const) {
      const { rawPayload, headers } = await runtime.app.inject({
        url: `/v1/browser/screenshot?format=${format}&quality=${quality}`,
      });
      expect([headers['content-type'], rawPayload.readUInt16BE(0)]).toEqual(['image/jpeg', 0xffd8]);
      sizes.push(rawPayload.length);
    }
    expect(sizes[0]).toBeGreaterThan(sizes[1] ?? 0);
  });
});

describe('the size of the screen', { timeout: MINUTES }, () => {
  it('changes while it runs, and the windows follow', async () => {
    for (const [width, height] of [
      [1024, 768],
      [1280, 1024],
    ] as const) {
      const { body } = await runtime.post('/v1/browser/config', { resolution: { width, height } });
      expect(body.data).toMatchObject({ width, height });
      await comes(async () => (await page.evaluate<string>('`${outerWidth}x${outerHeight}`')) === `${width}x${height}`);
    }
  });
});

describe('a recording', { timeout: MINUTES }, () => {
  const record = async (body: object) =>
    (
      await runtime.post<{ status: string; save_path: string; duration: number; file_size_bytes: number }>(
        '/v1/display/record',
        body,
      )
    ).body;

  it('runs once at a time, and its file can be played', async () => {
    const path = join(runtime.home, 'films/a.mp4');
    expect((await record({ action: 'start', save_path: path, fps: 10, width: 321 })).data).toMatchObject({ status: 'recording' });
    expect(await record({ action: 'start' })).toMatchObject({
      success: false,
      message: expect.stringContaining('stop it first'),
    });
    expect((await runtime.post('/v1/browser/config', { resolution: '800x600' })).body).toMatchObject({ success: false });
    await comes(async () => (await record({ action: 'status' })).data.duration > 2);
    expect((await record({ action: 'stop' })).data).toMatchObject({ status: 'stopped', save_path: path });
    const { stdout } = await run('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      'format=duration:stream=width,codec_name',
      '-of',
      'csv=p=0',
      path,
    ]);
    const [stream = '', duration = ''] = stdout.trim().split('\n');
    expect(stream).toBe('h264,320');
    expect(Number(duration)).toBeGreaterThan(1);
    expect((await record({ action: 'status' })).data).toMatchObject({
      status: 'stopped',
      file_size_bytes: (await stat(path)).size,
    });
  });

  it('ends at the size that the sandbox allows, and can be played', async () => {
    const noise = await browser.contexts()[0]!.newPage();
    await noise.setContent('<canvas width="600" height="400"></canvas>');
    await noise.evaluate(`(() => {
      const context = document.querySelector('canvas').getContext('2d');
      const picture = context.createImageData(600, 400);
      setInterval(() => {
        picture.data.forEach((_, at) => (picture.data[at] = at % 4 === 3 ? 255 : Math.random() * 256));
        context.putImageData(picture, 0, 0);
      }, 100);
    })()`);
    await noise.bringToFront();
    const path = join(runtime.home, 'large.mp4');
    await record({ action: 'start', save_path: path, fps: 30, crf: 0 });
    await comes(async () => (await record({ action: 'status' })).data.status === 'stopped');
    await noise.close();
    const { size } = await stat(path);
    expect(size).toBeGreaterThan(MIB / 4);
    // The last second, which had begun, is written whole.
    expect(size).toBeLessThan(32 * MIB);
    await run('ffprobe', ['-v', 'error', path]);
  });

  it('ends by itself, and leaves what is no file alone', async () => {
    await record({ action: 'start', save_path: 'short.mp4', max_duration: 1 });
    await comes(async () => (await record({ action: 'status' })).data.status === 'stopped');
    for (const path of ['/dev/null', '/proc/version', '/nowhere\u0000', runtime.home])
      expect(await record({ action: 'start', save_path: path })).toMatchObject({ success: false });
  });
});

/** The colour of one pixel of a PNG whose rows are as they are or differ from the one above. */
function colourAt(png: Buffer, { x, y }: { readonly x: number; readonly y: number }): string {
  const width = png.readUInt32BE(16);
  const rows = inflateSync(png.subarray(41, 41 + png.readUInt32BE(33)));
  const colour = [0, 0, 0];
  for (let row = 0; row <= y; row += 1) {
    const at = row * (width * 3 + 1);
    colour.forEach((value, part) => (colour[part] = ((rows[at] === 2 ? value : 0) + (rows[at + 1 + x * 3 + part] ?? 0)) & 255));
  }
  return Buffer.from(colour).toString('hex');
}
