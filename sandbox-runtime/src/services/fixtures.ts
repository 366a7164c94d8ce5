import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createLogger } from '@sandfleet/server-kit';

import type { Program, ServiceDefinition } from './definition.ts';
import type { Service, ServiceName, ServiceState } from './service.ts';
import { SupervisedService } from './supervised-service.ts';
import type { Limits } from './supervision.ts';

export const READY = { line: /^ready$/ } as const;

/** A program of bash; ready when it writes `ready`. */
export const script = (text: string, more: Partial<Program> = {}): Program => ({
  name: 'program',
  command: ['bash', '-c', text],
  directory: '/',
  env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
  ready: READY,
  ...more,
});

export interface TestService extends Disposable {
  readonly service: SupervisedService;
  readonly folder: string;
  readonly states: readonly ServiceState[];
}

export interface TestServiceOptions {
  readonly limits?: Partial<Limits>;
  readonly definition?: Partial<ServiceDefinition>;
  readonly get?: (name: ServiceName) => Service;
}

const QUICK: Limits = {
  startMs: 60_000,
  idleMs: 0,
  healthyMs: 60_000,
  firstDelayMs: 10,
  longestDelayMs: 50,
  patience: 3,
};

/** A service of these programs; `$1` of each script is a folder of its own. */
export function testService(programs: readonly Program[], options: TestServiceOptions = {}): TestService {
  const folder = mkdtempSync(join(tmpdir(), 'service-test-'));
  const states: ServiceState[] = [];
  const service = new SupervisedService({
    definition: {
      name: 'screen',
      needs: [],
      graceMs: 5000,
      prepare: async () => programs.map((one) => ({ ...one, command: [...one.command, 'bash', folder] })),
      ...options.definition,
    },
    limits: { ...QUICK, ...options.limits },
    get:
      options.get ??
      (() => {
        throw new Error('there is no other service');
      }),
    log: createLogger({ name: 'test', level: 'silent' }),
    redact: (text) => text.replaceAll('hunter2', '[redacted]'),
  });
  service.onState((state) => states.push(state));
  return { service, folder, states, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Command lines of living processes that hold a text. */
export const processesWith = (text: string): readonly string[] =>
  execFileSync('ps', ['-eo', 'pid=,stat=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(text) && !/^\s*\d+ Z/.test(line));
