import { Type, type Static } from 'typebox';

const count = (description?: string) => Type.Optional(Type.Integer(description === undefined ? {} : { description }));
const percent = (description: string) => Type.Optional(Type.Number({ description }));
const bytes = count;

/** Of cgroup v2. Without one, what may be missing is missing and the rest is 0. */
export const ObserveCgroup = Type.Object({
  cpu_usage_pct: percent('Of one CPU since the last look: 200 is two CPUs busy'),
  cpu_usage_usec: Type.Integer({ default: 0, description: 'Microseconds of CPU since the container began' }),
  cpu_limit_cores: Type.Optional(Type.Number({ description: 'CPUs that the container may use; missing without a limit' })),
  cpu_nr_periods: count(),
  cpu_nr_throttled: count('Periods in which the limit of CPU was hit'),
  cpu_throttled_usec: count(),
  mem_current_bytes: Type.Integer({ default: 0, description: 'With the cache of files' }),
  mem_max_bytes: bytes('Missing without a limit'),
  mem_usage_pct: percent('mem_current_bytes of the limit'),
  memory_working_set_bytes: bytes('Without the cache that can go at once: what counts for being killed'),
  oom: count('How often memory ran out'),
  oom_kill: count('Processes that were killed for it'),
  memory_anon_bytes: bytes(),
  memory_file_bytes: bytes(),
  memory_shmem_bytes: bytes(),
  memory_slab_bytes: bytes(),
});
export type ObserveCgroup = Static<typeof ObserveCgroup>;

export const ObserveDisk = Type.Object({
  path: Type.String(),
  used_bytes: Type.Integer(),
  total_bytes: Type.Integer(),
  free_bytes: Type.Integer({ description: 'What the user may still write' }),
  usage_pct: Type.Number({ description: 'As df: used of used and free' }),
  inode_used: count(),
  inode_total: count('Missing where the file system does not count them'),
  inode_usage_pct: percent('Of the inodes'),
});
export type ObserveDisk = Static<typeof ObserveDisk>;

export const ObserveProcess = Type.Object({
  pid: Type.Integer(),
  user: Type.String({ description: 'Name, or number of one who has none' }),
  comm: Type.String(),
  rss_bytes: Type.Integer(),
  rss_mib: Type.Number(),
  cpu_pct: percent('Of one CPU since the last look'),
  threads: count(),
  fds: count('Open files; missing for processes of others'),
  state: Type.Optional(Type.String({ description: 'One letter, as ps' })),
  uptime_sec: Type.Optional(Type.Number()),
  ppid: count(),
});
export type ObserveProcess = Static<typeof ObserveProcess>;

export const ObserveEvent = Type.Object({
  ts: Type.String(),
  type: Type.String({
    description:
      'session_started, session_stopped, memory_high, disk_high, inodes_high, oom, oom_kill, cpu_throttled, report_exported; ' +
      'a threshold is told when it is crossed, and again only after it was left',
  }),
  message: Type.String({ default: '' }),
  data: Type.Object({}, { additionalProperties: true }),
});
export type ObserveEvent = Static<typeof ObserveEvent>;

export const ObserveLiveSnapshot = Type.Object({
  captured_at: Type.String(),
  mode: Type.Enum(['off', 'guardrail', 'capture']),
  cgroup: ObserveCgroup,
  disk: Type.Array(ObserveDisk, { description: 'Home, workspace and /tmp; directories of one file system each tell the same' }),
  top_processes: Type.Array(ObserveProcess, { description: 'Largest resident memory first' }),
  recent_events: Type.Array(ObserveEvent, { description: 'The last of those since the server began, oldest first' }),
});
export type ObserveLiveSnapshot = Static<typeof ObserveLiveSnapshot>;
