import type { Client } from './sandbox.ts';

export interface JobContext {
  readonly client: Client;
  /** Number of the worker, so that each has sessions and files of its own. */
  readonly worker: number;
  readonly folder: string;
  readonly turn: number;
}

type Job = (context: JobContext) => Promise<void>;

function expect(what: string, actual: unknown, wanted: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(wanted))
    throw new Error(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(wanted)}`);
}

interface Ran {
  readonly output?: string;
  readonly stdout?: string;
  readonly exit_code?: number;
  readonly session_id: string;
  readonly command_id?: string;
}

/** What the workers do, each with how often it comes up among the others. */
export const JOBS: Readonly<Record<string, { readonly weight: number; readonly run: Job }>> = {
  'shell: a command in a session that stays': {
    weight: 8,
    run: async ({ client, worker, turn }) => {
      const id = `soak-${worker}`;
      await client.json('POST', '/v1/shell/sessions/create', { id });
      const { output, exit_code } = await client.json<Ran>('POST', '/v1/shell/exec', { id, command: `echo ${turn}; (exit 3)` });
      expect('shell', [output?.trim(), exit_code], [String(turn), 3]);
    },
  },
  'shell: a session that comes and goes, with a child left behind': {
    weight: 2,
    run: async ({ client }) => {
      const { session_id } = await client.json<Ran>('POST', '/v1/shell/exec', { command: 'sleep 600 & seq 20000 | tail -n 1' });
      await client.json('DELETE', `/v1/shell/sessions/${session_id}`);
    },
  },
  'bash: stdout and stderr': {
    weight: 6,
    run: async ({ client, turn }) => {
      const ran = await client.json<Ran>('POST', '/v1/bash/exec', { command: `echo out ${turn}; echo err >&2; exit 4` });
      expect('bash', [ran.stdout, ran.exit_code], [`out ${turn}\n`, 4]);
      await client.json('POST', `/v1/bash/sessions/${ran.session_id}/close`);
    },
  },
  'bash: a long command that is killed': {
    weight: 2,
    run: async ({ client }) => {
      const { session_id } = await client.json<Ran>('POST', '/v1/bash/exec', {
        command: 'sleep 600 & sleep 600',
        async_mode: true,
      });
      await client.json('POST', '/v1/bash/kill', { session_id, signal: 'SIGKILL' });
      await client.json('POST', `/v1/bash/sessions/${session_id}/close`);
    },
  },
  'file: write, read, grep, glob': {
    weight: 6,
    run: async ({ client, folder, turn }) => {
      const file = `${folder}/notes-${turn % 20}.txt`;
      await client.json('POST', '/v1/file/write', { file, content: `turn ${turn}\n`.repeat(2000) });
      const read = await client.json<{ content: string }>('POST', '/v1/file/read', { file, start_line: 1, end_line: 2 });
      expect('read', read.content, `turn ${turn}`);
      const found = await client.json<{ match_count: number }>('POST', '/v1/file/grep', {
        path: folder,
        pattern: `^turn ${turn}$`,
        max_results: 10,
      });
      if (found.match_count === 0) throw new Error('grep found nothing');
      await client.json('POST', '/v1/file/glob', { path: folder, pattern: '**/*.txt' });
    },
  },
  'file: 4 MiB up and down': {
    weight: 2,
    run: async ({ client, folder, worker }) => {
      const form = new FormData();
      form.set('path', `${folder}/blob-${worker}`);
      form.set('file', new Blob([Buffer.alloc(4 * 1024 * 1024, worker)]), 'blob');
      await client.fetch('/v1/file/upload', { method: 'POST', body: form });
      const response = await client.fetch(`/v1/file/download?path=${encodeURIComponent(`${folder}/blob-${worker}`)}`);
      expect('download', (await response.arrayBuffer()).byteLength, 4 * 1024 * 1024);
    },
  },
  'file: a download that the client gives up': {
    weight: 1,
    run: async ({ client }) => {
      const abort = new AbortController();
      const response = await client.fetch('/v1/file/download?path=/usr/local/bin/node', { signal: abort.signal });
      await response.body?.getReader().read();
      abort.abort();
    },
  },
  'file-watch: a change is seen': {
    weight: 2,
    run: async ({ client, folder, turn }) => {
      const { watcher_id } = await client.json<{ watcher_id: string }>('POST', '/v1/file/watch', { path: folder, debounce: 50 });
      await client.json('POST', '/v1/file/write', { file: `${folder}/watched`, content: String(turn) });
      const { events } = await client.json<{ events: readonly unknown[] }>('POST', `/v1/file/watch/${watcher_id}/poll`, {
        cursor: 0,
        timeout: 30,
      });
      if (events.length === 0) throw new Error('the watcher saw nothing');
      await client.fetch(`/v1/file/watch/${watcher_id}`, { method: 'DELETE' });
    },
  },
  'jupyter: state is kept': {
    weight: 4,
    run: async ({ client, worker, turn }) => {
      const session = `soak-${worker % 4}`;
      const { outputs } = await client.json<{ outputs: readonly { data?: Record<string, unknown> }[] }>(
        'POST',
        '/v1/jupyter/execute',
        { session_id: session, code: `x = ${turn}\nx + 1`, timeout: 120 },
      );
      expect('jupyter', outputs.at(-1)?.data?.['text/plain'], String(turn + 1));
    },
  },
  'jupyter: a session that comes and goes': {
    weight: 1,
    run: async ({ client }) => {
      const { session_id } = await client.json<Ran>('POST', '/v1/jupyter/sessions/create', {});
      await client.json('DELETE', `/v1/jupyter/sessions/${session_id}`);
    },
  },
  'nodejs: a run of its own': {
    weight: 2,
    run: async ({ client, turn }) => {
      const { stdout } = await client.json<Ran>('POST', '/v1/nodejs/execute', { code: `console.log(${turn} + 1)`, timeout: 120 });
      expect('nodejs', stdout, `${turn + 1}\n`);
    },
  },
  'code: python without state': {
    weight: 1,
    run: async ({ client, turn }) => {
      const { stdout } = await client.json<Ran>('POST', '/v1/code/execute', {
        language: 'python',
        code: `print(${turn} * 2)`,
        timeout: 120,
      });
      expect('code', stdout, `${turn * 2}\n`);
    },
  },
};

/** Picks by weight; `random` is in [0, 1). */
export function pickJob(random: number): string {
  const total = Object.values(JOBS).reduce((sum, { weight }) => sum + weight, 0);
  let left = random * total;
  for (const [name, { weight }] of Object.entries(JOBS)) {
    left -= weight;
    if (left < 0) return name;
  }
  throw new Error('random was not below 1');
}

/** Ends what the jobs leave on purpose. */
export async function cleanUp(client: Client): Promise<void> {
  await client.json('DELETE', '/v1/shell/sessions');
  await client.json('DELETE', '/v1/jupyter/sessions');
  const sessions = await client.json<readonly { session_id: string; status: string }[]>('GET', '/v1/bash/sessions');
  for (const { session_id, status } of sessions)
    if (status !== 'closed') await client.json('POST', `/v1/bash/sessions/${session_id}/close`);
}
