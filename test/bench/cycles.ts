/**
 * `npm run bench -- cycles [--cycles 200] [--service NAME] [--json FILE]`: uses each service (screen, browser, jupyter-lab,
 * code-server) and lets it stop for idleness, so many times, each in a sandbox of its own on the running cluster. Exits 1 when
 * something is left: a process, a port, a file, a descriptor, growing memory. Against SANDBOX_BASE_URL (and SANDBOX_TOKEN) when
 * set, for one service; that runtime needs SERVICE_IDLE_SECONDS=0.2, and for the screen DISABLE_BROWSER=true.
 */
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';

import { TestSandbox } from '../e2e/support/sandbox.ts';
import { envFor, runCycles } from './cycles/run.ts';
import { CYCLED_SERVICES, type CycledService } from './cycles/uses.ts';

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '200' },
    service: { type: 'string', multiple: true, default: [...CYCLED_SERVICES] },
    json: { type: 'string' },
  },
});
const cycles = Number(values.cycles);
const services = CYCLED_SERVICES.filter((name) => values.service.includes(name));
if (!Number.isInteger(cycles) || cycles < 1 || services.length !== values.service.length) {
  console.error(`--cycles takes a number of at least 1, --service one of ${CYCLED_SERVICES.join(', ')}`);
  process.exit(2);
}
const TOLD_EVERY = 20;
const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(0).padStart(5);

async function run(service: CycledService) {
  const url = process.env['SANDBOX_BASE_URL'];
  const sandbox =
    url === undefined
      ? await TestSandbox.create({ env: envFor(service), resources: { limits: { cpu: '2', memory: '4Gi' } } })
      : undefined;
  try {
    const target = sandbox === undefined ? { url: url ?? '', token: process.env['SANDBOX_TOKEN'] } : at(sandbox);
    return await runCycles(target, {
      service,
      cycles,
      onCycle: (number, { look, totalMs }) => {
        if (number !== 1 && number % TOLD_EVERY !== 0) return;
        const memory = `server ${mib(look.rssBytes)} MiB, sandbox ${mib(look.memoryBytes)} MiB, ${look.descriptors} descriptors`;
        console.log(`${service.padEnd(11)} ${String(number).padStart(5)}  ${(totalMs / 1000).toFixed(1)} s  ${memory}`);
      },
    });
  } finally {
    await sandbox?.delete();
  }
}

const at = ({ view, token }: TestSandbox) => ({ url: view.url, token });

const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
const results: Partial<Record<CycledService, Awaited<ReturnType<typeof run>>>> = {};
for (const service of services) results[service] = await run(service);

console.log(`\n${machine}; ${cycles} cycles each\n`);
console.table(Object.fromEntries(Object.entries(results).map(([service, { row }]) => [service, row])));
const left = Object.entries(results).flatMap(([service, { left: what }]) => what.map((one) => `${service}: ${one}`));
for (const what of left) console.log(`left by ${what}`);
if (values.json !== undefined) {
  const told = Object.entries(results).map(([service, { row, left: what, cycles: all }]) => ({
    service,
    ...row,
    left: what,
    each: all.map(({ startMs, totalMs, look: { rssBytes, memoryBytes, descriptors, home } }) => ({
      startMs,
      totalMs,
      rssBytes,
      memoryBytes,
      descriptors,
      home,
    })),
  }));
  writeFileSync(values.json, JSON.stringify({ machine, services: told }, null, 2));
}
process.exit(left.length === 0 ? 0 : 1);
