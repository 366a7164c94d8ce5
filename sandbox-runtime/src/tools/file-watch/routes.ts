import { Readable } from 'node:stream';

import { ApiError } from '@sandfleet/contract';
import {
  DEFAULT_EXCLUDE,
  FILE_EVENT_TYPES,
  fileWatchContract,
  type FileChange,
  type FileEventType,
} from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';

import type { Tool, ToolContext } from '../../tool.ts';
import { FileError } from '../file/file-error.ts';
import { resolvePath, type Places } from '../file/workspace-path.ts';
import { eventStream } from './event-stream.ts';
import type { FileWatcher } from './file-watcher.ts';
import { FileWatchers } from './file-watchers.ts';
import { waitForFile } from './wait-for-file.ts';
import { watchError } from './watch-errors.ts';

const DEFAULT_DEBOUNCE_MS = 300;
const DEFAULT_LIMIT = 100;
const DEFAULT_WAIT_SECONDS = 30;

/** A server that stops must not wait for a client to let go of a connection whose stream is over. */
const STREAM_HEADERS = { 'cache-control': 'no-cache', 'x-accel-buffering': 'no', connection: 'close' };

/** Published clients read the fields bare, published examples below `data`. */
const both = <T extends object>(data: T) => ({ ...data, success: true, message: 'Operation successful', data });

export function fileWatchTool({ app, config, places }: ToolContext): Tool {
  const watchers = new FileWatchers({
    maxWatchers: config.MAX_FILE_WATCHERS,
    maxDirectories: config.MAX_WATCHED_DIRECTORIES,
    idleMs: config.FILE_WATCH_IDLE_SECONDS * 1000,
  });
  const waits = new Waits(config.MAX_FILE_WATCHERS);
  implement(app, fileWatchContract, {
    file_watch_list: () => {
      const list = watchers.list().map((watcher) => watcher.info());
      return both({ watchers: list, count: list.length });
    },
    file_watch_create: async ({ body }, { signal }) => {
      const watcher = await watchers.create(absolute(body.path, places), {
        recursive: body.recursive ?? true,
        exclude: body.exclude ?? DEFAULT_EXCLUDE,
        include: body.include_patterns ?? [],
        debounceMs: body.debounce ?? DEFAULT_DEBOUNCE_MS,
        signal,
      });
      return both(watcher.info());
    },
    file_watch_events: async ({ params }, { request, reply, signal }) => {
      const { watcher, release } = watchers.read(params.watcher_id);
      if (reply.raw.closed) return release();
      reply.raw.once('close', release);
      const { 'last-event-id': header } = request.headers;
      const lastEventId = typeof header === 'string' ? header : undefined;
      void reply.headers(STREAM_HEADERS).type('text/event-stream');
      await reply.send(Readable.from(eventStream(watcher, { lastEventId, signal })));
    },
    file_watch_poll: async ({ params, body }, { signal }) => {
      const { watcher, release } = watchers.read(params.watcher_id);
      try {
        const cursor = Math.min(body.since ?? body.cursor ?? 0, watcher.log.lastSeq);
        await watcher.log.wait(cursor, { timeoutMs: (body.timeout ?? 0) * 1000, signal });
        return both(pollOnce(watcher, cursor, body.limit ?? DEFAULT_LIMIT));
      } finally {
        release();
      }
    },
    file_watch_wait: async ({ body }, { signal }) => {
      const path = absolute(body.path, places);
      const types = new Set<FileEventType>(body.event_types ?? FILE_EVENT_TYPES);
      const event = await waits.run(path, types, { seconds: body.timeout ?? DEFAULT_WAIT_SECONDS, signal });
      return both({ event, timed_out: event === null });
    },
    file_watch_stop: ({ params }) => {
      watchers.stop(params.watcher_id);
      return both({ watcher_id: params.watcher_id, stopped: true });
    },
  });
  return {
    contract: fileWatchContract,
    close: async () => {
      waits.close();
      watchers.close();
    },
  };
}

function pollOnce(watcher: FileWatcher, cursor: number, limit: number) {
  const read = watcher.log.read(cursor, limit);
  const events = read.entries.filter((entry): entry is FileChange => !('lost' in entry));
  return {
    watcher_id: watcher.id,
    events,
    cursor: read.cursor,
    overflow: read.isBehind || events.length < read.entries.length,
    has_more: read.hasMore,
    status: watcher.status,
  };
}

/** The waits for single files: so many at once, and none longer than the server runs. */
class Waits {
  readonly #limit: number;
  readonly #closing = new AbortController();
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  async run(
    path: string,
    types: ReadonlySet<FileEventType>,
    { seconds, signal }: { seconds: number; signal: AbortSignal },
  ): Promise<FileChange | null> {
    if (this.#running >= this.#limit)
      throw new ApiError('WATCHER_LIMIT', { message: `${this.#limit} calls wait for files already.`, retryAfterSeconds: 5 });
    this.#running += 1;
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(), seconds * 1000);
    try {
      const end = AbortSignal.any([signal, over.signal, this.#closing.signal]);
      const change = await waitForFile(path, { types, signal: end });
      return change === undefined ? null : { seq: 1, ...change, timestamp: new Date().toISOString() };
    } catch (error) {
      throw watchError(error, path);
    } finally {
      clearTimeout(timer);
      this.#running -= 1;
    }
  }

  close(): void {
    this.#closing.abort();
  }
}

function absolute(path: string, places: Places): string {
  try {
    return resolvePath(path, places, 'watch');
  } catch (error) {
    if (error instanceof FileError) throw new ApiError('BAD_REQUEST', { message: error.message, cause: error });
    throw error;
  }
}
