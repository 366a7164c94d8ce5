import { Type, type Static, type TObject, type TProperties } from 'typebox';

import { defineContract } from '../operation.ts';

export const FILE_EVENT_TYPES = ['create', 'write', 'remove', 'rename', 'chmod'] as const;
export type FileEventType = (typeof FILE_EVENT_TYPES)[number];

export const DEFAULT_EXCLUDE = [
  '.git',
  'node_modules',
  '__pycache__',
  '.venv',
  '*.pyc',
  '*.pyo',
  '.DS_Store',
  '*.swp',
  '*.swo',
] as const;

/** Published clients read the fields bare, published examples below `data`: an answer has them at both places. */
const both = <T extends TProperties>(properties: T) =>
  Type.Object({ success: Type.Boolean(), message: Type.String(), data: Type.Object(properties), ...properties });

const orNull = <T extends TObject | ReturnType<typeof Type.String> | ReturnType<typeof Type.Integer>>(schema: T) =>
  Type.Union([schema, Type.Null()]);

export const FileChange = Type.Object({
  seq: Type.Integer({ description: 'Counts up by one with each event of a watcher' }),
  type: Type.Enum([...FILE_EVENT_TYPES]),
  path: Type.String({ description: 'Absolute' }),
  relative_path: Type.String({ description: 'From the watched path; `.` is the watched path itself' }),
  old_path: orNull(Type.String({ description: 'Of a rename: the absolute path before' })),
  is_dir: Type.Boolean(),
  timestamp: Type.String({ description: 'When the change was noticed: ISO 8601, UTC' }),
  mtime: orNull(Type.String({ description: 'ISO 8601, UTC; of what is gone, the last known' })),
  size: orNull(Type.Integer({ description: 'Bytes; of what is gone, the last known' })),
  inode: orNull(Type.Integer()),
});
export type FileChange = Static<typeof FileChange>;

const cursor = Type.Integer({ description: 'seq of the last event; events after it are new' });
const watcher = {
  watcher_id: Type.String(),
  path: Type.String(),
  recursive: Type.Boolean(),
  exclude: Type.Array(Type.String()),
  include_patterns: Type.Array(Type.String()),
  debounce: Type.Integer({ description: 'Milliseconds' }),
  status: Type.Enum(['watching', 'root_removed', 'stopped'], {
    description: 'root_removed: the watched path is gone; the watcher goes on when it comes back',
  }),
  cursor,
  directories: Type.Integer({ description: 'Directories that are watched' }),
  incomplete: Type.Boolean({
    description: 'A limit of watched directories or files was reached: some of the tree is not watched',
  }),
  created_at: Type.String({ description: 'ISO 8601, UTC' }),
};
export const FileWatcherInfo = Type.Object(watcher);
export type FileWatcherInfo = Static<typeof FileWatcherInfo>;

const params = Type.Object({ watcher_id: Type.String({ minLength: 1, maxLength: 128 }) });
const path = Type.String({ minLength: 1, maxLength: 4096, description: 'Absolute, or relative to the workspace' });
const globs = (what: string, defaults: readonly string[]) =>
  Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 256 }), {
      maxItems: 100,
      default: [...defaults],
      description:
        `${what}. Globs with * ? [] {} and **; one without a slash stands for a name at any depth, ` +
        'others for the path below the watched one',
    }),
  );

export const fileWatchContract = defineContract({
  file_watch_list: {
    method: 'GET',
    path: '/v1/file/watch',
    tag: 'file-watch',
    summary: 'List the watchers',
    response: both({ watchers: Type.Array(FileWatcherInfo), count: Type.Integer() }),
  },
  file_watch_create: {
    method: 'POST',
    path: '/v1/file/watch',
    tag: 'file-watch',
    summary: 'Watch a directory or a file',
    description:
      'Changes count from the answer on. Links are not followed into. A watcher that nobody reads ends after a time (30 ' +
      'minutes unless the sandbox is configured otherwise). Its last 10000 events are kept.',
    body: Type.Object({
      path,
      recursive: Type.Optional(Type.Boolean({ default: true })),
      exclude: globs('Files and directories to leave out', DEFAULT_EXCLUDE),
      debounce: Type.Optional(
        Type.Integer({
          minimum: 50,
          maximum: 5000,
          default: 300,
          description: 'Milliseconds in which the changes of a file are gathered to one event',
        }),
      ),
      include_patterns: globs('Files to tell about; all when empty. Directories are told about only when they match', []),
    }),
    response: both(watcher),
    errors: ['BAD_REQUEST', 'PATH_NOT_FOUND', 'FORBIDDEN', 'WATCHER_LIMIT'],
  },
  file_watch_events: {
    method: 'GET',
    path: '/v1/file/watch/{watcher_id}/events',
    tag: 'file-watch',
    summary: 'Follow the events of a watcher',
    description:
      'Server-sent events: watch_started, then file_change each with the id `{watcher_id}:{seq}`, and overflow where ' +
      'events were lost: list the directory again. Begins with the oldest event kept, behind Last-Event-ID when that is ' +
      'given. A comment every 15 seconds keeps the connection open. Ends with the watcher.',
    params,
    produces: 'text/event-stream',
    errors: ['WATCHER_NOT_FOUND', 'WATCHER_LIMIT'],
  },
  file_watch_poll: {
    method: 'POST',
    path: '/v1/file/watch/{watcher_id}/poll',
    tag: 'file-watch',
    summary: 'Get the events after a cursor, waiting for the first if asked to',
    description:
      'Send the cursor of each answer with the next call. overflow: events after the cursor were lost, so list the ' +
      'directory again. `since` is another name of cursor.',
    params,
    body: Type.Object({
      cursor: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
      since: Type.Optional(Type.Integer({ minimum: 0 })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
      timeout: Type.Optional(Type.Integer({ minimum: 0, maximum: 60, default: 0, description: 'Seconds to wait for an event' })),
    }),
    bodyOptional: true,
    response: both({
      watcher_id: Type.String(),
      events: Type.Array(FileChange),
      cursor,
      overflow: Type.Boolean(),
      has_more: Type.Boolean({ description: 'There are more events than the limit let through' }),
      status: watcher.status,
    }),
    errors: ['WATCHER_NOT_FOUND', 'WATCHER_LIMIT'],
  },
  file_watch_wait: {
    method: 'POST',
    path: '/v1/file/watch/wait',
    tag: 'file-watch',
    summary: 'Wait for one event of one file',
    description:
      'The file and its folders need not exist yet. Answers at once with create when create is asked for and the file ' +
      'is there. A file that appears, moved there or made, is a create; one that is moved away is a rename, or a remove ' +
      'when only that is asked for. When the time is over the answer has event null and timed_out true.',
    body: Type.Object({
      path,
      timeout: Type.Optional(Type.Integer({ minimum: 1, maximum: 300, default: 30, description: 'Seconds' })),
      event_types: Type.Optional(
        Type.Array(Type.Enum([...FILE_EVENT_TYPES]), { minItems: 1, maxItems: 16, default: [...FILE_EVENT_TYPES] }),
      ),
    }),
    response: both({ event: orNull(FileChange), timed_out: Type.Boolean() }),
    errors: ['BAD_REQUEST', 'FORBIDDEN', 'WATCHER_LIMIT'],
  },
  file_watch_stop: {
    method: 'DELETE',
    path: '/v1/file/watch/{watcher_id}',
    tag: 'file-watch',
    summary: 'End a watcher',
    params,
    response: both({ watcher_id: Type.String(), stopped: Type.Boolean() }),
    errors: ['WATCHER_NOT_FOUND'],
  },
});
