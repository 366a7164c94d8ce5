import { stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import { ApiError } from '@sandfleet/contract';

import type { Environment } from '../../config.ts';
import { Slots } from '../../process/slots.ts';
import { resolvePath, type Places } from '../file/workspace-path.ts';
import type { NodeAnswer } from './answer.ts';
import { checkFiles, writeFiles } from './run-folder.ts';
import type { NodeSession } from './session.ts';
import { NodeSessions } from './sessions.ts';
import { runFresh } from './stateless.ts';
import { chooseNode, installedNodes, type InstalledNode } from './versions.ts';

const DEFAULT_IDLE_SECONDS = 86_400;
const MAX_WAITING_RUNS = 64;

export interface NodeRunsOptions {
  readonly env: Environment;
  readonly places: Places;
  readonly maxSessions: number;
  readonly maxRuns: number;
  /** Bytes of each stream that an answer holds. */
  readonly outputLimit: number;
}

export interface NodeRequest {
  readonly code: string;
  readonly timeoutSeconds: number;
  readonly stdin?: string | undefined;
  readonly files?: Readonly<Record<string, string>> | undefined;
  readonly sessionId?: string | undefined;
  /** Run in a session, a new one when no id is given. */
  readonly keep: boolean;
  readonly cwd?: string | undefined;
  readonly version?: string | undefined;
  /** The value of the last expression is wanted also without a session. */
  readonly showValue?: boolean;
  readonly signal: AbortSignal;
}

export interface CreateSession {
  readonly id?: string | undefined;
  readonly cwd?: string | undefined;
  readonly maxIdleSeconds?: number | undefined;
  readonly version?: string | undefined;
}

/** Everything that runs JavaScript here: runs of their own and sessions. */
export class NodeRuns {
  readonly sessions: NodeSessions;
  readonly #options: NodeRunsOptions;
  readonly #slots: Slots;
  readonly #env: Environment;
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  #nodes: Promise<readonly InstalledNode[]> | undefined;

  constructor(options: NodeRunsOptions) {
    this.#options = options;
    this.sessions = new NodeSessions(options.maxSessions);
    this.#slots = new Slots(options.maxRuns, MAX_WAITING_RUNS);
    this.#env = withModulePath(options.env, options.places);
  }

  /** Looked up once: installing another Node in a sandbox is rare. None is told where there was no room to ask one. */
  async nodes(): Promise<readonly InstalledNode[]> {
    this.#nodes ??= installedNodes(this.#options.env);
    const nodes = await this.#nodes;
    if (nodes.length === 0) this.#nodes = undefined;
    return nodes;
  }

  /** @throws ApiError BAD_REQUEST, SESSION_LIMIT, TOO_MANY_REQUESTS, TOOL_UNAVAILABLE */
  async execute(request: NodeRequest): Promise<NodeAnswer> {
    if (!request.keep && request.sessionId === undefined) return this.#executeFresh(request);
    const { sessionId, version, files } = request;
    const cwd = await this.directory(request.cwd);
    // Before a session is made, for which another may have to give way.
    checkFiles(files ?? {});
    const { session, created } = await this.open({ id: sessionId, cwd, version });
    const prepare = files === undefined ? undefined : (place: string) => writeFiles(place, files);
    try {
      return await session.execute({ ...request, cwd, prepare });
    } catch (error) {
      // Nobody was told its id, and it would stay for a day in the place of another.
      if (created && session.isUnused) await this.sessions.remove(session);
      throw error;
    }
  }

  /**
   * The session of this id, made when it is not there yet.
   *
   * @throws ApiError BAD_REQUEST, SESSION_LIMIT, TOOL_UNAVAILABLE
   */
  async open({ id, cwd, maxIdleSeconds, version }: CreateSession): Promise<{ session: NodeSession; created: boolean }> {
    const node = chooseNode(await this.nodes(), version);
    const directory = await this.directory(cwd);
    const known = id === undefined ? undefined : this.sessions.find(id);
    if (known !== undefined) {
      if (version !== undefined && known.version !== node.name)
        throw new ApiError('BAD_REQUEST', { message: `This session runs ${known.version}; leave version out.` });
      return { session: known, created: false };
    }
    const session = this.sessions.create({
      id,
      binary: node.binary,
      version: node.name,
      cwd: directory ?? this.#options.places.workspace,
      env: this.#env,
      outputLimit: this.#options.outputLimit,
      maxIdleSeconds: maxIdleSeconds ?? DEFAULT_IDLE_SECONDS,
    });
    return { session, created: true };
  }

  /** @throws ApiError BAD_REQUEST when it is no directory. */
  async directory(path: string | undefined): Promise<string | undefined> {
    if (path === undefined) return undefined;
    const refuse = (shown: string) => new ApiError('BAD_REQUEST', { message: `cwd ${shown} is not a directory` });
    if (path.includes('\0')) throw refuse(path.replaceAll('\0', '\\0'));
    const absolute = resolvePath(path, this.#options.places, 'open');
    const stats = await stat(absolute).catch(() => undefined);
    if (stats?.isDirectory() !== true) throw refuse(absolute);
    return absolute;
  }

  async closeAll(): Promise<void> {
    this.#stop.abort(new Error('the sandbox is stopping'));
    await this.sessions.closeAll();
    await Promise.allSettled(this.#running);
  }

  async #executeFresh(request: NodeRequest): Promise<NodeAnswer> {
    const node = chooseNode(await this.nodes(), request.version);
    const cwd = await this.directory(request.cwd);
    const signal = AbortSignal.any([request.signal, this.#stop.signal]);
    const { outputLimit } = this.#options;
    const run = this.#slots.run(signal, () =>
      runFresh({ ...request, binary: node.binary, env: this.#env, outputLimit, cwd, signal }),
    );
    this.#running.add(run);
    try {
      return await run;
    } finally {
      this.#running.delete(run);
    }
  }
}

/** A run in a directory of its own still finds what was installed in the workspace and globally. */
function withModulePath(env: Environment, { home, workspace }: Places): Environment {
  const prefix = env['NPM_CONFIG_PREFIX'] ?? env['npm_config_prefix'] ?? join(home, '.npm-global');
  const given = env['NODE_PATH'];
  const folders = [...(given ? [given] : []), join(workspace, 'node_modules'), join(prefix, 'lib/node_modules')];
  return { ...env, NODE_PATH: folders.join(delimiter) };
}
