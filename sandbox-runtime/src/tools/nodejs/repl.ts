import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { Type, type Static } from 'typebox';

import { boundedLines } from '../../process/bounded-lines.ts';
import { NodeFailure, parseLine } from './answer.ts';
import { NodeProcess, type NodeProcessOptions } from './node-process.ts';
import { REPL_SOURCE } from './repl-source.ts';
import { rewriteImports } from './imports.ts';

/** What the child may need beyond the time of the code before it counts as stuck. */
const GRACE_MS = 5000;
const MARK_MS = 2000;
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

const Reply = Type.Object({
  id: Type.String(),
  status: Type.Enum(['ok', 'error', 'timeout']),
  errors: Type.Array(NodeFailure, { maxItems: 20 }),
  value: Type.Optional(Type.String()),
  goesOn: Type.Optional(Type.Boolean()),
  unparsed: Type.Optional(Type.Boolean()),
  cwd: Type.String({ maxLength: 8192 }),
});
export type ReplReply = Static<typeof Reply>;
/** Something failed after the answer of a process for one call. */
const Late = Type.Object({ id: Type.String(), failed: NodeFailure });

export interface ReplRequest {
  readonly code: string;
  readonly name: string;
  readonly timeoutSeconds: number;
  readonly stdin?: string | undefined;
  /** Where the child moves first. */
  readonly cwd?: string | undefined;
  /** The process ends by itself after this call. */
  readonly once?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface ReplOutcome {
  /** Left out when the process ended before it answered. */
  readonly reply: ReplReply | undefined;
  readonly isStuck: boolean;
}

/** A process that evaluates code and keeps what it defines; one call at a time. */
export class Repl {
  readonly process: NodeProcess;
  hasEnded = false;
  /** What failed in a process for one call after it had answered. */
  lateFailure: NodeFailure | undefined;
  #waiting: { readonly id: string; readonly resolve: (reply: ReplReply | undefined) => void } | undefined;

  constructor(options: Omit<NodeProcessOptions, 'source' | 'args'>) {
    this.process = new NodeProcess({ ...options, source: REPL_SOURCE });
    this.process.input('');
    void this.#read();
    void this.process.ended.then(() => {
      this.hasEnded = true;
      this.#waiting?.resolve(undefined);
    });
  }

  async run(request: ReplRequest): Promise<ReplOutcome> {
    const id = randomUUID();
    // Of a process for one call, everything belongs to that call.
    const mark = request.once === true ? undefined : `\0${randomUUID()}\0`;
    const { stdout, stderr } = this.process;
    const marks = mark === undefined ? undefined : Promise.all([stdout.expect(mark), stderr.expect(mark)]);
    const answered = this.hasEnded
      ? Promise.resolve(undefined)
      : new Promise<ReplReply | undefined>((resolve) => (this.#waiting = { id, resolve }));
    const timeoutMs = request.timeoutSeconds * 1000;
    this.#send({
      id,
      mark,
      timeoutMs,
      code: rewriteImports(request.code),
      name: request.name,
      stdin: request.stdin,
      cwd: request.cwd,
      once: request.once,
    });
    const interrupt = () => this.#send({ interrupt: id });
    request.signal?.addEventListener('abort', interrupt, { once: true });
    let isStuck = false;
    const timer = setTimeout(() => {
      isStuck = true;
      this.process.kill();
    }, timeoutMs + GRACE_MS);
    const reply = await answered;
    clearTimeout(timer);
    request.signal?.removeEventListener('abort', interrupt);
    this.#waiting = undefined;
    if (reply === undefined) await this.process.ended;
    // Code may have closed its streams; then there is no mark to wait for.
    else if (marks !== undefined) await within(MARK_MS, marks);
    return { reply, isStuck };
  }

  async close(): Promise<void> {
    this.process.kill();
    await this.process.ended;
  }

  #send(message: Readonly<Record<string, unknown>>): void {
    if (!this.process.channel.destroyed) this.process.channel.write(`${JSON.stringify(message)}\n`);
  }

  /** An answer that is too long or of another form ends the process: nothing after it could be trusted to fit. */
  async #read(): Promise<void> {
    try {
      for await (const line of boundedLines(this.process.channel, MAX_ANSWER_BYTES)) {
        const reply = parseLine(Reply, line);
        if (reply !== undefined && reply.id === this.#waiting?.id) this.#waiting.resolve(reply);
        else this.lateFailure = parseLine(Late, line)?.failed ?? this.lateFailure;
      }
    } catch {
      this.process.kill();
    }
  }
}

async function within(milliseconds: number, wanted: Promise<unknown>): Promise<void> {
  const stop = new AbortController();
  await Promise.race([wanted, delay(milliseconds, undefined, { signal: stop.signal }).catch(() => undefined)]);
  stop.abort();
}
