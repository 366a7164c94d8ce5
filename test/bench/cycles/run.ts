import { setTimeout as delay } from 'node:timers/promises';

import { Client } from '../soak/sandbox.ts';
import { judge, type Cycle, type Verdict } from './judge.ts';
import { look, settled } from './look.ts';
import { USES, type CycledService } from './uses.ts';

export interface Target {
  readonly url: string;
  readonly token: string | undefined;
}

export interface RunOptions {
  readonly service: CycledService;
  readonly cycles: number;
  readonly onCycle?: (number: number, cycle: Cycle) => void;
}

/** What the sandbox has to be started with: what is not used stops at once, and one service does not start another. */
export const envFor = (service: CycledService): Readonly<Record<string, string>> => ({
  SERVICE_IDLE_SECONDS: '0.2',
  ...(service === 'screen' ? { DISABLE_BROWSER: 'true' } : {}),
});

const POLL_MS = 50;

interface Info {
  readonly name: string;
  readonly state: string;
}

/** Uses a service and lets it stop for idleness, so many times, and says what that leaves. */
export async function runCycles(
  target: Target,
  { service, cycles, onCycle }: RunOptions,
): Promise<Verdict & { cycles: Cycle[] }> {
  const client = new Client(target.url, target.token);
  // What looks is started by looking, and stays.
  await look(client);
  const first = await look(client);
  const done: Cycle[] = [];
  for (let number = 1; number <= cycles; number += 1) {
    const began = performance.now();
    await USES[service]({ client, url: target.url.replace(/\/$/, ''), token: target.token, turn: number });
    const startMs = performance.now() - began;
    await allStopped(client);
    const totalMs = performance.now() - began;
    const tmp = done[0]?.look.tmp;
    const now = tmp === undefined ? await look(client) : await settled(client, { ...first, tmp });
    const cycle = { startMs, totalMs, look: now };
    done.push(cycle);
    onCycle?.(number, cycle);
  }
  return { ...judge(first, done), cycles: done };
}

async function allStopped(client: Client): Promise<void> {
  for (;;) {
    const services = await client.json<readonly Info[]>('GET', '/v1/services');
    if (services.every(({ state }) => state === 'stopped' || state === 'disabled')) return;
    await delay(POLL_MS);
  }
}
