/**
 * `npm run bench -- runtime [--seconds 3] [--rounds 3] [--node FILE] [--json FILE]`: what a command and a file cost at the runtime,
 * beside the least that a Node server does for them (test/bench/runtime/floor.ts). Auth is off, connections are kept, all is on
 * loopback. Memory and starts depend on the Node: with --node the runtime has that of the image, when this machine's is another.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { fileCases } from './runtime/files.ts';
import { measure, post, remove, type Latencies } from './runtime/load.ts';
import { bundleFloor, bundleRuntime, startFloor, startRuntime } from './runtime/servers.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
    node: { type: 'string', default: process.execPath },
    json: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);
const EXECS_FOR_MEMORY = 10_000;
const PORT = 18_099;

interface Row extends Latencies {
  readonly name: string;
  readonly connections: number;
}

interface Case {
  readonly name: string;
  readonly connections: number;
  readonly call: (connection: number) => Promise<unknown>;
}

const folder = mkdtempSync(join(tmpdir(), 'sandfleet-bench-'));
const file = join(folder, 'file');
writeFileSync(file, 'x'.repeat(1024 * 1024));
const program = await bundleRuntime(join(folder, 'program'));
const starts: number[] = [];
// The first one compiles what the image has compiled.
for (let turn = 0; turn <= rounds; turn += 1) {
  const once = await startRuntime(program, { folder, port: PORT, node: values.node });
  if (turn > 0) starts.push(once.startMs);
  await once.stop();
}
const runtime = await startRuntime(program, { folder, port: PORT, node: values.node });
const floorProgram = await bundleFloor(join(folder, 'program'));
const floor = await startFloor(floorProgram, file);
const transfers = await fileCases(runtime, { folder, floorProgram });
// Also when the benchmark itself fails.
process.on('exit', () => [runtime, floor, ...transfers.floors].forEach((server) => void server.stop()));
const idleRss = runtime.rssMiB();

const ids = await Promise.all(
  Array.from({ length: 8 }, async (_, index) => {
    await post(runtime.target, '/v1/shell/sessions/create', { id: `bench-${index}` });
    return `bench-${index}`;
  }),
);
const exec =
  (command: string, options: object = {}) =>
  (connection: number) =>
    post(runtime.target, '/v1/shell/exec', { id: ids[connection], command, ...options });
const piped =
  (command: string, options: object = {}) =>
  (connection: number) =>
    post(runtime.target, '/v1/bash/exec', { session_id: ids[connection], command, ...options });
const live = (command: string) => () => post(floor.target, '/bash', { command });
const terminal = (command: string) => () => post(floor.target, '/terminal', { command });
const spawned = (command: string) => () => post(floor.target, '/spawn', { command });
const MEGABYTE = "head -c 1048576 /dev/zero | tr '\\0' x";
const content = 'x'.repeat(1024 * 1024);

const cases: readonly Case[] = [
  ...[1, 8].flatMap((connections): Case[] => [
    { name: 'session: true', connections, call: exec('true') },
    { name: 'floor, live bash: true', connections, call: live('true') },
    { name: 'session: /bin/true', connections, call: exec('/bin/true') },
    { name: 'floor, live bash: /bin/true', connections, call: live('/bin/true') },
    { name: 'bash/exec: true', connections, call: piped('true') },
    { name: 'floor, bash -c true', connections, call: spawned('true') },
    { name: 'session: 1 MiB of output', connections, call: exec(MEGABYTE, { truncate: false }) },
    { name: 'floor, live bash: 1 MiB of output', connections, call: live(MEGABYTE) },
    { name: 'floor, live terminal: 1 MiB', connections, call: terminal(MEGABYTE) },
    { name: 'bash/exec: 1 MiB of output', connections, call: piped(MEGABYTE, { max_output_length: 0 }) },
    { name: 'floor, bash -c, 1 MiB of output', connections, call: spawned(MEGABYTE) },
  ]),
  {
    name: 'one session, 8 callers: true',
    connections: 8,
    call: () => post(runtime.target, '/v1/shell/exec', { id: ids[0], command: 'true' }),
  },
  { name: 'new session: true, and away with it', connections: 1, call: newSession },
  { name: 'file/write of 1 MiB as JSON', connections: 1, call: () => post(runtime.target, '/v1/file/write', { file, content }) },
  { name: 'file/read of 1 MiB as JSON', connections: 1, call: () => post(runtime.target, '/v1/file/read', { file }) },
  ...transfers.cases,
];

/** The session goes at once, or it would push out those of the other cases. */
async function newSession(): Promise<void> {
  const answer = await post(runtime.target, '/v1/shell/exec', { command: 'true' });
  const { data } = JSON.parse(answer) as { data: { session_id: string } };
  await remove(runtime.target, `/v1/shell/sessions/${data.session_id}`);
}

for (let index = 0; index < EXECS_FOR_MEMORY; index += 1) await exec('true')(index % ids.length);
const afterExecs = runtime.rssMiB();

const results = new Map<Case, Row[]>(cases.map((entry) => [entry, []]));
for (let round = 0; round <= rounds; round += 1)
  for (const entry of cases) {
    const { name, connections, call } = entry;
    const latencies = await measure(connections, round === 0 ? Math.min(0.5, seconds) : seconds, call);
    // The first round warms up.
    if (round > 0) results.get(entry)?.push({ name, connections, ...latencies });
  }
const median = <T>(list: readonly T[], by: (item: T) => number): T =>
  list.toSorted((a, b) => by(a) - by(b))[Math.floor(list.length / 2)] as T;
const rows = [...results.values()].map((list) => median(list, (row) => row.p50));

const memory = { idleMiB: idleRss, after10000ExecsMiB: afterExecs, loadedMiB: runtime.rssMiB() };
const startMs = median(starts, (value) => value);
const nodeVersion = execFileSync(values.node, ['--version'], { encoding: 'utf8' }).trim();
const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${nodeVersion}`;

console.log(`${machine}; ${rounds} rounds of ${seconds} s, the median round by p50\n`);
console.log(`${'what'.padEnd(36)} ${'conn'.padStart(4)} ${'p50 ms'.padStart(8)} ${'p99 ms'.padStart(8)} ${'per s'.padStart(8)}`);
for (const { name, connections, p50, p99, perSecond } of rows)
  console.log(
    `${name.padEnd(36)} ${String(connections).padStart(4)} ${p50.toFixed(2).padStart(8)} ${p99.toFixed(2).padStart(8)} ${perSecond.toFixed(0).padStart(8)}`,
  );
console.log(`\nstart to first answer: ${startMs.toFixed(0)} ms`);
console.log(
  `RSS: idle ${memory.idleMiB.toFixed(0)} MiB, after ${EXECS_FOR_MEMORY} execs ${memory.after10000ExecsMiB.toFixed(0)}, after the table ${memory.loadedMiB.toFixed(0)}`,
);
if (values.json !== undefined)
  writeFileSync(values.json, JSON.stringify({ machine, rounds, seconds, startMs, memory, rows }, null, 2));
rmSync(folder, { recursive: true, force: true });
process.exit(0);
