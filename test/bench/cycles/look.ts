import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import type { Client } from '../soak/sandbox.ts';

const PROGRAM = readFileSync(new URL('look.py', import.meta.url), 'utf8');
/** What was told to end may take its grace; what is there after that is there for good. */
const SETTLE_MS = 30_000;
const AGAIN_MS = 200;
/** The browser's way out, which is a part of the server: it begins with the first browser and stays. */
const STAYS = ['tcp port 8118'];

/** What a sandbox holds at one moment. */
export interface Look {
  readonly processes: readonly string[];
  readonly ports: readonly string[];
  readonly tmp: readonly string[];
  /** Files and folders in the home, and their bytes. */
  readonly home: number;
  readonly homeBytes: number;
  /** Of all processes, without the file cache. */
  readonly memoryBytes: number;
  /** Of the server. */
  readonly rssBytes: number;
  readonly descriptors: number;
}

export async function look(client: Client): Promise<Look> {
  const inside = await insideOf(client);
  const metrics = await client.text('/metrics');
  const value = (name: string) => Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(metrics)?.[1]);
  return { ...inside, rssBytes: value('process_resident_memory_bytes'), descriptors: value('process_open_fds') };
}

async function insideOf(client: Client): Promise<Omit<Look, 'rssBytes' | 'descriptors'>> {
  const { stdout, session_id } = await client.json<{ stdout: string; session_id: string }>('POST', '/v1/bash/exec', {
    command: `exec python3 -I -c "$LOOK"`,
    env: { LOOK: PROGRAM },
  });
  await client.json('POST', `/v1/bash/sessions/${session_id}/close`);
  // The program above writes it.
  return JSON.parse(stdout) as Omit<Look, 'rssBytes' | 'descriptors'>;
}

/** Processes and ports that were not there at first, and what /tmp has that it had not after the first cycle. */
export function leftovers(now: Look, before: Pick<Look, 'processes' | 'ports' | 'tmp'>): readonly string[] {
  return [
    ...more(now.processes, before.processes).map((what) => `process: ${what}`),
    ...more(now.ports, [...before.ports, ...STAYS]).map((what) => `listens: ${what}`),
    ...more(now.tmp, before.tmp).map((what) => `file: ${what}`),
  ];
}

/** Looks until nothing is left, or it is clear that something stays. */
export async function settled(client: Client, before: Pick<Look, 'processes' | 'ports' | 'tmp'>): Promise<Look> {
  for (const end = performance.now() + SETTLE_MS; ; await delay(AGAIN_MS)) {
    const now = await look(client);
    if (leftovers(now, before).length === 0 || performance.now() > end) return now;
  }
}

/** What `now` has more often than `before`. */
function more(now: readonly string[], before: readonly string[]): readonly string[] {
  const known = [...before];
  return now.filter((what) => {
    const at = known.indexOf(what);
    if (at !== -1) known.splice(at, 1);
    return at === -1;
  });
}
