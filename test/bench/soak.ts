/**
 * `npm run bench -- soak [--minutes 30] [--workers 16] [--json FILE]`: mixed work on one sandbox for so long, watching what the
 * runtime holds. Against SANDBOX_BASE_URL (and SANDBOX_TOKEN) when set, else a sandbox made on the running cluster. Exits 1 when
 * a job failed or something is left: a process, a descriptor.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { cleanUp, JOBS, pickJob } from './soak/jobs.ts';
import { sandboxOf, type Client } from './soak/sandbox.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    workers: { type: 'string', default: '16' },
    json: { type: 'string' },
  },
});
const minutes = Number(values.minutes);
const SAMPLE_MS = 10_000;
const SETTLE_MS = 120_000;
/** Descriptors that come and go with connections of the one who looks. */
const SPARE_DESCRIPTORS = 24;

interface Sample {
  readonly seconds: number;
  readonly rssMiB: number;
  readonly descriptors: number;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function look(client: Client, began: number): Promise<Sample> {
  const text = await client.text('/metrics');
  const value = (name: string) => Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1]);
  return {
    seconds: Math.round((performance.now() - began) / 1000),
    rssMiB: value('process_resident_memory_bytes') / 2 ** 20,
    descriptors: value('process_open_fds'),
  };
}

/** Names of the processes in the sandbox, without the one that lists them. */
async function processes(client: Client): Promise<string[]> {
  const { stdout, session_id } = await client.json<{ stdout: string; session_id: string }>('POST', '/v1/bash/exec', {
    command: 'exec ps -eo stat=,args= --sort=pid',
  });
  await client.json('POST', `/v1/bash/sessions/${session_id}/close`);
  return stdout
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.includes('ps -eo'));
}

/** Least squares over the samples, in MiB an hour. */
function slopePerHour(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number) => samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const [x, y] = [mean(({ seconds }) => seconds), mean(({ rssMiB }) => rssMiB)];
  const above = samples.reduce((sum, { seconds, rssMiB }) => sum + (seconds - x) * (rssMiB - y), 0);
  const below = samples.reduce((sum, { seconds }) => sum + (seconds - x) ** 2, 0);
  return below === 0 ? 0 : (above / below) * 3600;
}

const { client, remove } = await sandboxOf(process.env);
const counts = new Map<string, { done: number; failed: number }>(Object.keys(JOBS).map((name) => [name, { done: 0, failed: 0 }]));
const failures: string[] = [];
let leaked: string[] = [];
const samples: Sample[] = [];
try {
  const folder = '/tmp/soak';
  await client.json('POST', '/v1/bash/exec', { command: `mkdir -p ${folder}` });
  await cleanUp(client);
  const atStart = { ...(await look(client, performance.now())), processes: await processes(client) };
  const began = performance.now();
  const end = began + minutes * 60_000;

  const worker = async (number: number) => {
    for (let turn = 0; performance.now() < end; turn += 1) {
      const name = pickJob(Math.random());
      const count = counts.get(name);
      try {
        await JOBS[name]?.run({ client, worker: number, folder: `${folder}/${number}`, turn });
        if (count !== undefined) count.done += 1;
      } catch (error) {
        if (count !== undefined) count.failed += 1;
        if (failures.length < 50) failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
        await pause(100);
      }
    }
  };
  const watcher = async () => {
    while (performance.now() < end) {
      await pause(SAMPLE_MS);
      const sample = await look(client, began);
      samples.push(sample);
      const done = [...counts.values()].reduce((sum, count) => sum + count.done, 0);
      console.log(
        `${String(sample.seconds).padStart(6)} s  RSS ${sample.rssMiB.toFixed(0)} MiB  ${sample.descriptors} descriptors  ${done} jobs, ${failures.length} failures`,
      );
    }
  };
  await client.json('POST', '/v1/bash/exec', { command: `for i in $(seq 0 63); do mkdir -p ${folder}/$i; done` });
  await Promise.all([watcher(), ...Array.from({ length: Number(values.workers) }, (_, number) => worker(number))]);

  await cleanUp(client);
  // What has been told to end may take its grace; what is left after that is left for good.
  const settled = performance.now() + SETTLE_MS;
  for (;;) {
    const now = await processes(client);
    const before = [...atStart.processes];
    leaked = now.filter((line) => {
      const at = before.indexOf(line);
      if (at !== -1) before.splice(at, 1);
      // The kernel host, one warm kernel and idle Node sessions stay on purpose until their idle time is over.
      return at === -1 && !/kernel_host|ipykernel|node/.test(line);
    });
    const { descriptors } = await look(client, began);
    if (descriptors > atStart.descriptors + SPARE_DESCRIPTORS) leaked.push(`${descriptors - atStart.descriptors} descriptors`);
    if (leaked.length === 0 || performance.now() > settled) break;
    await pause(5000);
  }
  samples.push(await look(client, began));
} finally {
  await remove();
}

const late = samples.filter(({ seconds }) => seconds > (minutes * 60) / 3);
console.table(Object.fromEntries(counts));
console.log(
  `RSS ${late[0]?.rssMiB.toFixed(0)} MiB after a third of the time, ${late.at(-1)?.rssMiB.toFixed(0)} at the end, ` +
    `slope ${slopePerHour(late).toFixed(1)} MiB an hour; ${late.at(-1)?.descriptors} descriptors`,
);
for (const failure of failures) console.log(`failed: ${failure}`);
for (const what of leaked) console.log(`left: ${what}`);
if (values.json !== undefined) {
  const summary = { minutes, samples, counts: Object.fromEntries(counts), failures, leaked, slopePerHour: slopePerHour(late) };
  writeFileSync(values.json, JSON.stringify(summary, null, 2));
}
process.exit(failures.length === 0 && leaked.length === 0 ? 0 : 1);
