/**
 * `npm run bench -- gateway [--seconds 3] [--rounds 3] [--scenario small] [--variant gateway] [--against CHECKOUT] [--json FILE]`:
 * what the gateway costs, beside the least that proxies on undici and on Node's client do, Go's reverse proxy where Go is
 * installed, no proxy at all, and the gateway of another checkout (with its node_modules). All on loopback.
 */
import { execFileSync, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { build } from 'esbuild';

import { Child } from './gateway/child.ts';
import { openIdle } from './gateway/idle-websockets.ts';
import type { LoadOptions, LoadResult } from './gateway/load.ts';

interface Variant {
  readonly name: string;
  readonly child: Child;
  readonly prefix: string;
}

interface Scenario {
  readonly name: string;
  readonly path: string;
  readonly connections: number;
}

interface Row {
  readonly scenario: string;
  readonly variant: string;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly megabytesPerSecond: number;
  readonly cpuMicrosPerRequest: number | undefined;
}

const SCENARIOS: readonly Scenario[] = [
  { name: 'small GET, 50 connections', path: '/v1/sandbox', connections: 50 },
  { name: 'small GET, 1 connection', path: '/v1/sandbox', connections: 1 },
  { name: 'GET of 1 MiB, 16 connections', path: '/big', connections: 16 },
];
const IDLE_WEBSOCKETS = 2000;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'string' },
    scenario: { type: 'string', default: '' },
    variant: { type: 'string', default: '' },
    against: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);

const upstream = await Child.start('./upstream.ts');
const port = String(upstream.port);
const folder = mkdtempSync(join(tmpdir(), 'sandfleet-bench-'));
const gatewayProgram = await bundled(import.meta.dirname, 'gateway');
const gateway = await Child.start(gatewayProgram, [port]);
const all: readonly Variant[] = [
  { name: 'direct', child: upstream, prefix: '' },
  { name: 'gateway', child: gateway, prefix: '/s/bench' },
  ...(await otherGateway()),
  { name: 'bare undici', child: await Child.start('./floor-undici.ts', [port]), prefix: '' },
  { name: 'bare node:http', child: await Child.start('./floor-http.ts', [port]), prefix: '' },
  ...(await goProxy()),
];

const variants = all.filter(({ name }) => name.includes(values.variant));

const rows: Row[] = [];
for (const scenario of SCENARIOS.filter(({ name }) => name.includes(values.scenario))) rows.push(...(await measure(scenario)));
const websockets = await measureIdle();
const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
report();
for (const { child } of all) child.stop();
rmSync(folder, { recursive: true });
process.exit(0);

/** As in the image: one file, without the loader that runs TypeScript here and its memory. */
async function bundled(benches: string, name: string): Promise<string> {
  const outfile = join(folder, `${name}.mjs`);
  await build({
    entryPoints: [join(benches, 'gateway/gateway-server.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
    banner: {
      js: "import { createRequire as requireOfBundle } from 'node:module';const require = requireOfBundle(import.meta.url);",
    },
  });
  return outfile;
}

async function otherGateway(): Promise<readonly Variant[]> {
  if (values.against === undefined) return [];
  const child = await Child.start(await bundled(resolve(values.against, 'test/bench'), 'other-gateway'), [port]);
  return [{ name: `gateway of ${values.against}`, child, prefix: '/s/bench' }];
}

async function goProxy(): Promise<readonly Variant[]> {
  try {
    const source = join(import.meta.dirname, 'gateway/go-proxy/main.go');
    const binary = join(folder, 'go-proxy');
    execFileSync('go', ['build', '-o', binary, source], { stdio: ['ignore', 'ignore', 'pipe'] });
    return [{ name: 'Go ReverseProxy', child: await Child.startProgram(binary, [`http://127.0.0.1:${port}`]), prefix: '' }];
  } catch (error) {
    console.log(`without Go's reverse proxy: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
    return [];
  }
}

/** Variants take turns, and the median round counts: other work on the machine hits all of them alike. */
async function measure(scenario: Scenario): Promise<readonly Row[]> {
  const results = new Map<string, Row[]>(variants.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++)
    for (const variant of variants) {
      const row = await once(scenario, variant, round === 0 ? Math.min(1, seconds) : seconds);
      // The first round warms up.
      if (round > 0) results.get(variant.name)?.push(row);
    }
  return [...results.values()].map(
    (list) => list.toSorted((a, b) => a.requestsPerSecond - b.requestsPerSecond)[Math.floor(list.length / 2)] as Row,
  );
}

async function once(
  { name, path, connections }: Scenario,
  { name: variant, child, prefix }: Variant,
  duration: number,
): Promise<Row> {
  const before = await child.usage();
  const result = await runLoad({
    port: child.port,
    path: prefix + path,
    token: child.token || gateway.token,
    connections,
    seconds: duration,
  });
  const after = await child.usage();
  const cpuMs = before === undefined || after === undefined ? undefined : after.cpuMs - before.cpuMs;
  const at = (share: number) => result.latencies[Math.min(result.requests - 1, Math.floor(result.requests * share))] ?? 0;
  return {
    scenario: name,
    variant,
    requestsPerSecond: Math.round(result.requests / result.seconds),
    p50Ms: round2(at(0.5)),
    p99Ms: round2(at(0.99)),
    megabytesPerSecond: Math.round(result.bytes / result.seconds / 1e6),
    cpuMicrosPerRequest: cpuMs === undefined ? undefined : Math.round((cpuMs * 1000) / result.requests),
  };
}

function runLoad(options: LoadOptions): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const worker = fork(new URL('./gateway/load-worker.ts', import.meta.url), { serialization: 'advanced' });
    worker.once('exit', (code) => reject(new Error(`the load exited with ${code}`)));
    worker.on('message', (message) => {
      if (message === 'ready') return worker.send(options);
      worker.removeAllListeners('exit').kill('SIGKILL');
      // The worker sends nothing else.
      return resolve(message as LoadResult);
    });
  });
}

async function measureIdle(): Promise<{ readonly count: number; readonly beforeMiB: number; readonly afterMiB: number }> {
  // On a gateway of its own: what the runs before left in the heap is not the WebSockets'.
  const fresh = await Child.start(gatewayProgram, [port]);
  const before = await fresh.usage();
  const close = await openIdle(IDLE_WEBSOCKETS, { port: fresh.port, token: fresh.token, path: '/s/bench/websockify' });
  const after = await fresh.usage();
  close();
  fresh.stop();
  return { count: IDLE_WEBSOCKETS, beforeMiB: Math.round(before?.rssMiB ?? 0), afterMiB: Math.round(after?.rssMiB ?? 0) };
}

function report(): void {
  console.log(`\n${machine}\n`);
  console.table(rows.map(({ scenario, variant, ...rest }) => ({ scenario, variant, ...rest })));
  console.log(`${websockets.count} idle WebSockets: ${websockets.beforeMiB} MiB before, ${websockets.afterMiB} MiB after`);
  const json = JSON.stringify({ machine, seconds, rounds, rows, websockets });
  if (values.json === undefined) console.log(json);
  else writeFileSync(values.json, `${json}\n`);
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
