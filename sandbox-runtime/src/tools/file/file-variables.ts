import { Type } from 'typebox';

/** Searches, uploads, edits and watchers of files. */
export const fileVariables = {
  MAX_FILE_SEARCHES: Type.Integer({ minimum: 1, maximum: 1000, default: 4, description: 'finds, greps and globs at once' }),
  MAX_UPLOAD_BYTES: Type.Integer({
    minimum: 0,
    default: 0,
    description: 'bytes of an uploaded file; 0 is no limit but the disk',
  }),
  EDITOR_HISTORY_BYTES: Type.Integer({
    minimum: 0,
    maximum: 4_294_967_296,
    default: 67_108_864,
    description: 'bytes of old file contents that the editor keeps to undo its edits',
  }),
  MAX_FILE_WATCHERS: Type.Integer({ minimum: 1, maximum: 10_000, default: 64, description: 'file watchers at once' }),
  MAX_WATCHED_DIRECTORIES: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    default: 20_000,
    description: 'directories that all file watchers together watch',
  }),
  FILE_WATCH_IDLE_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 2_000_000,
    default: 1800,
    description: 'seconds without a reader after which a file watcher ends',
  }),
} as const;
