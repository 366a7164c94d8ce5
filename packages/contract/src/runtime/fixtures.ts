/**
 * The published interface of the all-in-one sandbox for the operations that the runtime has, one field list a line.
 * `name*` is required, `?` behind a type may be null, `=x` is the default, `(a|b)` one of these words, `T[]` a list, `map<T>` by key.
 */
export const PUBLISHED = `
GET /v1/sandbox
  answer: data:str?; home_dir*:str; workspace:str?; version*:str; detail*:obj
  detail: system*:obj; runtime*:obj; utils*:obj[]
POST /v1/shell/exec
  body: id:str?; exec_dir:str?; command*:str; async_mode:bool=false; timeout:num?; strict:bool?; no_change_timeout:int?; hard_timeout:num?; preserve_symlinks:bool?=false; truncate:bool=true
  data: session_id*:str; command*:str; status*:(running|completed|no_change_timeout|hard_timeout|terminated); output:str?; console:obj[]?; exit_code:int?
POST /v1/shell/view
  body: id*:str
  data: output*:str; session_id*:str; console:obj[]?; status*:(running|completed|no_change_timeout|hard_timeout|terminated); command:str?; exit_code:int?
POST /v1/shell/wait
  body: id*:str; seconds:int?; max_wait_seconds:int?
  data: status*:(running|completed|no_change_timeout|hard_timeout|terminated)
POST /v1/shell/write
  body: id*:str; input*:str; press_enter*:bool
  data: status*:(running|completed|no_change_timeout|hard_timeout|terminated)
POST /v1/shell/kill
  body: id*:str
  data: status*:(running|completed|no_change_timeout|hard_timeout|terminated); exit_code:int?; returncode:int?
POST /v1/shell/sessions/create
  body: id:str; exec_dir:str?; no_change_timeout:int?; preserve_symlinks:bool?=false
  data: session_id*:str; working_dir*:str
POST /v1/shell/sessions/update
  body: id*:str; no_change_timeout:int?
GET /v1/shell/sessions/stats
  data: total_sessions*:int; active_sessions*:int; idle_sessions*:int; max_sessions*:int; session_timeout*:int; usage_ratio*:num
GET /v1/shell/sessions
  data: sessions*:map<obj>
  sessions: working_dir*:str; created_at*:str; last_used_at*:str; age_seconds*:int; status*:str; current_command:str?
DELETE /v1/shell/sessions
DELETE /v1/shell/sessions/{session_id}
POST /v1/file/read
  body: file*:str; start_line:int?; end_line:int?; sudo:bool?=false
  data: content*:str; file*:str
POST /v1/file/write
  body: file*:str; content*:str; encoding:(utf-8|base64|raw)?=utf-8; append:bool?=false; leading_newline:bool?=false; trailing_newline:bool?=false; sudo:bool?=false
  data: file*:str; bytes_written:int?
POST /v1/file/search
  body: file*:str; regex*:str; sudo:bool?=false
  data: file*:str; matches:str[]; line_numbers:int[]
POST /v1/file/list
  body: path*:str; recursive:bool?=false; show_hidden:bool?=true; file_types:str[]?; max_depth:int?; include_size:bool?=true; include_permissions:bool?=false; sort_by:str?=name; sort_desc:bool?=false
  data: path*:str; files:obj[]; total_count:int; directory_count:int; file_count:int
  files: name*:str; path*:str; is_directory*:bool; size:int?; modified_time:str?; permissions:str?; extension:str?
`;

export interface PublishedField {
  readonly name: string;
  readonly required: boolean;
  readonly type: string;
  readonly default?: string;
}

export interface PublishedOperation {
  readonly method: string;
  readonly path: string;
  /** Field lists by where they stand: `body`, `data`, or the name of the field whose items they describe. */
  readonly lists: Readonly<Record<string, readonly PublishedField[]>>;
}

export function parsePublished(text: string): readonly PublishedOperation[] {
  const operations: { method: string; path: string; lists: Record<string, PublishedField[]> }[] = [];
  for (const line of text.split('\n').filter((line) => line.trim() !== '')) {
    const [, method, path] = /^([A-Z]+) (\S+)$/.exec(line) ?? [];
    if (method !== undefined && path !== undefined) operations.push({ method, path, lists: {} });
    const [, where, fields] = /^ {2}(\w+): (.+)$/.exec(line) ?? [];
    const last = operations.at(-1);
    if (where !== undefined && fields !== undefined && last !== undefined) last.lists[where] = fields.split('; ').map(parseField);
  }
  return operations;
}

function parseField(text: string): PublishedField {
  const [, name = '', star, type = '', value] = /^(\w+)(\*?):([^=?]+)\??(?:=(.+))?$/.exec(text) ?? [];
  return { name, required: star === '*', type, ...(value === undefined ? {} : { default: value }) };
}
