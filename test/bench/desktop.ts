/**
 * `npm run bench -- desktop [--turns 30] [--seconds 10] [--json FILE]`: what the browser and its screen cost.
 * `--debugging-port` and `--playwright` are for a runtime without its image. Against SANDBOX_BASE_URL (and SANDBOX_TOKEN) when set, else a sandbox made on the running cluster, through its gateway.
 * The memory is that of the sandbox's cgroup with its file cache, and left out where it has none.
 */
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';

import { p50, p50OfBoth, timed } from './desktop/measure.ts';
import { openBenchSandbox, type BenchSandbox } from './desktop/sandbox.ts';
import { VncViewer } from './desktop/vnc-viewer.ts';

const { values } = parseArgs({
  options: {
    turns: { type: 'string', default: '30' },
    seconds: { type: 'string', default: '10' },
    'debugging-port': { type: 'string', default: '9222' },
    playwright: { type: 'string', default: '/opt/sandfleet/node_modules/playwright-core' },
    json: { type: 'string' },
  },
});
const turns = Number(values.turns);
const seconds = Number(values.seconds);
const debuggingPort = Number(values['debugging-port']);
const SETTLE_MS = 15_000;
/** A page that scrolls by itself, a few pixels with each picture that the browser paints. */
const SCROLLING =
  '<!doctype html><title>scrolling</title><body style="font:20px serif"><script>' +
  "for (let n = 0; n < 2000; n++) document.body.append(Object.assign(document.createElement('p'), " +
  "{ textContent: 'Line ' + n + ' of some text that is long enough to fill a good part of the screen', " +
  "style: 'background:hsl(' + n * 7 % 360 + ' 80% 85%)' }));" +
  '(function go() { self.painted = (self.painted ?? 0) + 1; scrollBy(0, 6); if (scrollY + innerHeight > document.body.scrollHeight - 10) scrollTo(0, 0); ' +
  'requestAnimationFrame(go); })();</script>';

interface Row {
  readonly name: string;
  readonly value: number | undefined;
  readonly unit: string;
  /** As the row must be: at most, or at least, this much. */
  readonly atMost?: number;
  readonly atLeast?: number;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function memory(sandbox: BenchSandbox): Promise<number | undefined> {
  await pause(SETTLE_MS);
  const { cgroup } = await sandbox.get<{ cgroup: { mem_current_bytes: number } }>('/v1/sandbox/observe/live');
  return cgroup.mem_current_bytes === 0 ? undefined : cgroup.mem_current_bytes / 2 ** 20;
}

async function memoryAndStart(sandbox: BenchSandbox): Promise<readonly Row[]> {
  for (const service of ['browser', 'screen']) await sandbox.post(`/v1/services/${service}/stop`);
  const idle = await memory(sandbox);
  const first = await timed(() => sandbox.post('/v1/browser/page/navigate', { url: 'about:blank' }));
  const withBrowser = await memory(sandbox);
  return [
    { name: 'memory, idle', value: idle, unit: 'MiB', atMost: 120 },
    { name: 'memory, Chromium on about:blank', value: withBrowser, unit: 'MiB', atMost: 400 },
    { name: 'first browser call', value: first, unit: 'ms', atMost: 2000 },
  ];
}

async function calls(sandbox: BenchSandbox): Promise<readonly Row[]> {
  const url = await sandbox.startPageServer();
  const rounds: { own: number; direct: number }[] = [];
  // In turn, so that what else the machine does falls on both; the round in the middle counts.
  for (let round = 0; round < 3; round += 1) {
    const own = await p50(turns, (turn) => sandbox.post('/v1/browser/page/navigate', { url: `${url}?own=${round}-${turn}` }));
    rounds.push({
      own,
      direct: await sandbox.navigateByPlaywright({ url, turns, debuggingPort, playwright: values.playwright }),
    });
  }
  const { own = Number.NaN, direct = Number.NaN } = rounds.toSorted((a, b) => a.own / a.direct - b.own / b.direct)[1] ?? {};
  const [mcp, rest] = await p50OfBoth(
    10 * turns,
    () => sandbox.mcp('file_read', { file: '/tmp/bench-desktop.txt' }),
    () => sandbox.post('/v1/file/read', { file: '/tmp/bench-desktop.txt' }),
  );
  return [
    { name: 'navigate to a local page', value: own, unit: 'ms' },
    { name: 'the same by playwright-core inside', value: direct, unit: 'ms' },
    { name: 'navigate / playwright-core', value: own / direct, unit: 'x', atMost: 1.3 },
    {
      name: 'screenshot of the screen',
      value: await p50(turns, () => sandbox.picture('/v1/browser/screenshot')),
      unit: 'ms',
      atMost: 150,
    },
    {
      name: 'screenshot of the page',
      value: await p50(turns, () => sandbox.picture('/v1/browser/page/screenshot')),
      unit: 'ms',
    },
    { name: 'file read by REST', value: rest, unit: 'ms' },
    { name: 'the same as an MCP tool', value: mcp, unit: 'ms' },
    { name: 'MCP - REST', value: mcp - rest, unit: 'ms', atMost: 2 },
  ];
}

async function frames(sandbox: BenchSandbox): Promise<readonly Row[]> {
  await sandbox.post('/v1/browser/page/navigate', { url: `data:text/html,${encodeURIComponent(SCROLLING)}` });
  const viewer = await VncViewer.open(`${sandbox.url}/websockify`, sandbox.headers);
  const { perSecond, megabytesPerSecond } = await viewer.count(seconds * 1000);
  viewer.close();
  const painted = await sandbox.post<number>('/v1/browser/page/evaluate', { expression: 'painted / (performance.now() / 1000)' });
  await sandbox.post('/v1/browser/page/navigate', { url: 'about:blank' });
  return [
    // One frame of the page may come in several updates, so no more of them count than the page has painted.
    { name: 'VNC, page that scrolls', value: Math.min(perSecond, painted), unit: 'frames/s', atLeast: 20 },
    { name: 'VNC, updates', value: perSecond, unit: '1/s' },
    { name: 'VNC, what that takes', value: megabytesPerSecond, unit: 'MB/s' },
  ];
}

function told({ name, value, unit, atMost, atLeast }: Row): string {
  const limit = atMost === undefined ? (atLeast === undefined ? '' : `>= ${atLeast}`) : `<= ${atMost}`;
  const isMet = value === undefined || (value <= (atMost ?? Infinity) && value >= (atLeast ?? -Infinity));
  const shown = value === undefined ? '-' : value.toFixed(unit === 'x' || value < 10 ? 2 : 0);
  return `${name.padEnd(40)} ${shown.padStart(8)} ${unit.padEnd(9)} ${limit.padEnd(8)} ${isMet ? '' : 'MISSED'}`.trimEnd();
}

const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
const sandbox = await openBenchSandbox(process.env);
try {
  const rows = [...(await memoryAndStart(sandbox)), ...(await calls(sandbox)), ...(await frames(sandbox))];
  console.log(`${machine}; middle of ${turns} turns, ${seconds} s of frames, ${sandbox.url}\n`);
  for (const row of rows) console.log(told(row));
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify({ machine, turns, seconds, rows }, null, 2));
} finally {
  await sandbox.remove();
}
