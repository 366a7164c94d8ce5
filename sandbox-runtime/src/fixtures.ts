import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createLogger, loadConfig } from '@sandfleet/server-kit';
import type { FastifyInstance } from 'fastify';

import { ConfigSchema } from './config.ts';
import { createRuntime } from './server.ts';

export interface TestRuntime extends AsyncDisposable {
  readonly app: FastifyInstance;
  readonly home: string;
  /** POSTs JSON and gives the status and the parsed body. */
  post<T = Record<string, never>>(url: string, body?: unknown): Promise<Answer<T>>;
  call<T = Record<string, never>>(method: 'GET' | 'DELETE', url: string): Promise<Answer<T>>;
}

export interface Answer<T> {
  readonly status: number;
  readonly body: { readonly success: boolean; readonly message: string; readonly data: T; readonly hint?: string };
}

/** The whole runtime over a home of its own, without a socket. */
export async function testRuntime(env: Readonly<Record<string, string>> = {}): Promise<TestRuntime> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'runtime-test-')));
  const all = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: home, ...env };
  const config = loadConfig(ConfigSchema, all);
  const app = createRuntime({ config, env: all, log: createLogger({ name: 'test', level: 'silent' }) });
  await app.ready();
  const answer = async (request: Promise<{ statusCode: number; json(): unknown }>) => {
    const response = await request;
    // Every answer that these two helpers ask for is JSON in the envelope.
    return { status: response.statusCode, body: response.json() as Answer<never>['body'] };
  };
  return {
    app,
    home,
    post: (url, body) =>
      answer(
        body === undefined
          ? app.inject({ method: 'POST', url, headers: { 'content-type': 'application/json' } })
          : app.inject({ method: 'POST', url, payload: body as Record<string, unknown> }),
      ),
    call: (method, url) => answer(app.inject({ method, url })),
    [Symbol.asyncDispose]: async () => {
      await app.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}
