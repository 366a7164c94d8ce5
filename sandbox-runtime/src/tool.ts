import type { Contract } from '@sandfleet/contract';
import type { Logger, Registry } from '@sandfleet/server-kit';
import type { FastifyInstance } from 'fastify';

import type { Config, Environment } from './config.ts';
import type { Guard } from './server/auth/guard.ts';
import type { Services } from './services/service.ts';
import type { Places } from './tools/file/workspace-path.ts';

/** What the server gives to each tool. */
export interface ToolContext {
  readonly app: FastifyInstance;
  /** Who may come in; it has looked at every request before a tool sees it. */
  readonly guard: Guard;
  readonly config: Config;
  /** What the user's processes start with. */
  readonly env: Environment;
  readonly places: Places;
  readonly log: Logger;
  readonly metrics: Registry;
  /** Screen, browser and editors, which start when a tool leases them. */
  readonly services: Services;
  /** Whether the sandbox is ready for use; it answers before. */
  readonly isReady: () => boolean;
}

/** A tool that has mounted its routes. */
export interface Tool {
  readonly contract: Contract;
  /** What is to be done while every tool still works; called once, before any is closed. Never throws. */
  beforeClose?(): Promise<void>;
  /** Ends everything that the tool started; called once, before the server stops. */
  close(): Promise<void>;
}
