/**
 * The published interface of the all-in-one sandbox for the operations that the runtime has, one field list a line.
 * `name*` is required, `?` behind a type may be null, `=x` is the default, `(a|b)` one of these words, `T[]` a list, `map<T>` by key.
 */
export const PUBLISHED = `
POST /tickets
  answer: ticket:str; expires_in:int
GET /auth
GET /v1/sandbox
  answer: data:str?; home_dir*:str; workspace:str?; version*:str; detail*:obj
  detail: system*:obj; runtime*:obj; utils*:obj[]
GET /v1/sandbox/packages/python
GET /v1/sandbox/packages/nodejs
POST /v1/sandbox/hooks
  body: name*:str; event:str=shutdown; command*:str; timeout:num=10; priority:int=100
  data: name*:str; event:str=shutdown; command*:str; timeout:num=10; priority:int=100; source:str=api
GET /v1/sandbox/hooks
  query: event:str=shutdown
  data: name*:str; event:str=shutdown; command*:str; timeout:num=10; priority:int=100; source:str=api
DELETE /v1/sandbox/hooks/{name}
GET /v1/sandbox/observe/status
  data: mode*:(off|guardrail|capture); running*:bool; session_id:str?; started_at:str?; ends_at:str?; interval_seconds:num?; last_sample_at:str?; runtime_dir:str?; report_count:int=0
GET /v1/sandbox/observe/live
  query: top_rows:int=10
  data: captured_at*:str; mode*:(off|guardrail|capture); cgroup*:obj; disk:obj[]; top_processes:obj[]; recent_events:obj[]
  cgroup: cpu_usage_pct:num?; cpu_usage_usec:int=0; cpu_nr_periods:int?; cpu_nr_throttled:int?; cpu_throttled_usec:int?; mem_current_bytes:int=0; mem_max_bytes:int?; mem_usage_pct:num?; oom:int?; oom_kill:int?; memory_anon_bytes:int?; memory_file_bytes:int?; memory_shmem_bytes:int?; memory_slab_bytes:int?
  disk: path*:str; used_bytes*:int; total_bytes*:int; free_bytes*:int; usage_pct*:num; inode_used:int?; inode_total:int?; inode_usage_pct:num?
  top_processes: pid*:int; user*:str; comm*:str; rss_bytes*:int; rss_mib*:num; cpu_pct:num?; threads:int?; fds:int?; state:str?; uptime_sec:num?; ppid:int?
  recent_events: ts*:str; type*:str; message:str; data:obj
POST /v1/sandbox/observe/start
  body: mode:(guardrail|capture)=capture; idempotency_key:str?; duration_seconds:int?; interval_seconds:num?; include_processes:bool?; include_disk:bool=true
  data: session_id*:str; mode*:(off|guardrail|capture); started_at*:str; ends_at:str?; interval_seconds*:num; runtime_dir*:str
POST /v1/sandbox/observe/stop
  body: session_id:str?
  data: session_id*:str; stopped*:bool; report_ready*:bool
POST /v1/sandbox/observe/export
  body: idempotency_key:str?; session_id:str?; reason:str=manual
  data: report_id*:str; session_id:str?; reason:str=manual; created_at*:str; path*:str; size_bytes*:int
GET /v1/sandbox/observe/reports
  data: report_id*:str; session_id:str?; reason:str=manual; created_at*:str; path*:str; size_bytes*:int
GET /v1/sandbox/observe/reports/{report_id}
DELETE /v1/sandbox/observe/reports/{report_id}
  data: report_id*:str; session_id:str?; reason:str=manual; created_at*:str; path*:str; size_bytes*:int
GET /v1/mcp/servers
  query: include_hidden:bool=false
  answer: data:str[]
GET /v1/mcp/{server_name}/tools
  data: _meta:obj?; nextCursor:str?; tools*:obj[]
  tools: name*:str; title:str?; description:str?; inputSchema*:obj; outputSchema:obj?; icons:obj[]?; annotations:obj?; _meta:obj?; execution:obj?
POST /v1/mcp/{server_name}/tools/{tool_name}
  data: _meta:obj?; content*:obj[]; structuredContent:obj?; isError:bool=false
GET /v1/browser/info
  data: user_agent*:str; cdp_url*:str; vnc_url*:str; cdp_ui_url:str?; viewport*:obj; page_viewport:obj?
POST /v1/browser/restart
  body: mode:(soft|hard)=hard; url_blocklist:str[]?; url_allowlist:str[]?; allow_file_selection_dialogs:bool?; locale:str?
GET /v1/browser/tabs
POST /v1/browser/tabs
  body: url:str?
DELETE /v1/browser/tabs/{index}
PUT /v1/browser/tabs/{index}/activate
GET /v1/browser/cookies
  query: urls:str?
POST /v1/browser/cookies
  body: cookies*:obj[]
DELETE /v1/browser/cookies
POST /v1/browser/state/save
  body: path*:str
POST /v1/browser/state/load
  body: path*:str
POST /v1/browser/network/headers
  body: headers*:map<str>
POST /v1/browser/network/scoped_headers
  body: origin*:str; headers*:map<str>
POST /v1/browser/network/route
  body: url_pattern*:str; response:obj?; abort:bool=false
DELETE /v1/browser/network/route
  body: url_pattern*:str
GET /v1/browser/network/requests
  query: filter:str?; limit:int=100
POST /v1/browser/network/export_har
  body: save_path:str
GET /v1/browser/captcha/detect
POST /v1/browser/captcha/wait
  body: timeout:num=60; poll_interval:num=2
  data: resolved*:bool
GET /v1/browser/screenshot
  query: format:(png|jpg|jpeg)=png; quality:int?
POST /v1/browser/actions
  body: action_type*:(MOVE_TO|MOVE_REL|CLICK|MOUSE_DOWN|MOUSE_UP|RIGHT_CLICK|DOUBLE_CLICK|DRAG_TO|DRAG_REL|SCROLL|TYPING|PRESS|KEY_DOWN|KEY_UP|HOTKEY|WAIT)
  data: status*:(success); action_performed*:str
  answer: status:(success); action_performed:str
POST /v1/browser/config
  body: resolution:obj?
POST /v1/display/record
  body: action*:(start|stop|status); save_path:str?; fps:int=5; crf:int=28; max_duration:num=600; width:int?; height:int?
  data: status*:(idle|recording|stopped); save_path:str?; duration:num=0; file_size_bytes:int?
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
GET /v1/shell/terminal-url
  answer: data:str
GET /v1/shell/sessions/stats
  data: total_sessions*:int; active_sessions*:int; idle_sessions*:int; max_sessions*:int; session_timeout*:int; usage_ratio*:num
GET /v1/shell/sessions
  data: sessions*:map<obj>
  sessions: working_dir*:str; created_at*:str; last_used_at*:str; age_seconds*:int; status*:str; current_command:str?
DELETE /v1/shell/sessions
DELETE /v1/shell/sessions/{session_id}
POST /v1/bash/exec
  body: session_id:str?; command*:str; exec_dir:str?; env:map<str>?; async_mode:bool=false; timeout:num?; hard_timeout:num?; max_output_length:int=50000
  data: session_id*:str; command_id*:str; command*:str; status*:(pending|running|completed|timed_out|killed); stdout:str?; stderr:str?; exit_code:int?; offset:int=0; stderr_offset:int=0
POST /v1/bash/output
  body: session_id*:str; command_id:str?; offset:int=0; stderr_offset:int=0; wait:bool=false; wait_timeout:num=30
  data: session_id*:str; stdout:str; stderr:str; offset:int=0; stderr_offset:int=0; command:obj?
  command: command_id*:str; command*:str; status*:(pending|running|completed|timed_out|killed); exit_code:int?
POST /v1/bash/write
  body: session_id*:str; command_id:str?; input*:str
POST /v1/bash/kill
  body: session_id*:str; signal:str=SIGTERM
GET /v1/bash/sessions
  data: session_id*:str; status*:(ready|closed); working_dir*:str; created_at*:str; last_used_at*:str; current_command:str?; command_count:int=0
POST /v1/bash/sessions/create
  body: session_id:str?; exec_dir:str?; snapshot_path:str?
  data: session_id*:str; status*:(ready|closed); working_dir*:str; created_at*:str; last_used_at*:str; current_command:str?; command_count:int=0
POST /v1/bash/sessions/{session_id}/close
POST /v1/jupyter/execute
  body: code*:str; timeout:int?=30; kernel_name:str?; session_id:str?; cwd:str?
  data: kernel_name*:str; session_id:str?; status*:str; execution_count:int?; outputs*:obj[]; code*:str; msg_id:str?
  outputs: output_type*:str; name:str?; text:str?; data:obj?; metadata:obj?; execution_count:int?; ename:str?; evalue:str?; traceback:str[]?
GET /v1/jupyter/info
  data: default_kernel*:str; available_kernels*:str[]; active_sessions*:int; session_timeout_seconds*:int; max_sessions*:int; description*:str; kernel_detection*:str
GET /v1/jupyter/sessions
  data: sessions*:map<obj>
  sessions: kernel_name*:str; last_used*:num; age_seconds*:int
DELETE /v1/jupyter/sessions
DELETE /v1/jupyter/sessions/{session_id}
POST /v1/jupyter/sessions/create
  body: session_id:str?; kernel_name:str?; cwd:str?
  data: session_id*:str; kernel_name*:str; message*:str
POST /v1/file/read
  body: file*:str; start_line:int?; end_line:int?; sudo:bool?=false
  data: content*:str; file*:str
POST /v1/file/write
  body: file*:str; content*:str; encoding:(utf-8|base64|raw)?=utf-8; append:bool?=false; leading_newline:bool?=false; trailing_newline:bool?=false; sudo:bool?=false
  data: file*:str; bytes_written:int?
POST /v1/file/replace
  body: file*:str; old_str*:str; new_str*:str; sudo:bool?=false
  data: file*:str; replaced_count:int=0
POST /v1/file/search
  body: file*:str; regex*:str; sudo:bool?=false
  data: file*:str; matches:str[]; line_numbers:int[]
POST /v1/file/find
  body: path*:str; glob*:str
  data: path*:str; files:str[]
POST /v1/file/grep
  body: path*:str; pattern*:str; include:str[]?; exclude:str[]?; case_insensitive:bool?=false; fixed_strings:bool?=false; context_before:int?=0; context_after:int?=0; max_results:int?=500; max_file_size:str?=1M; multiline:bool?=false; offset:int?=0; type:str?; recursive:bool?=true
  data: path*:str; pattern*:str; matches:obj[]; match_count:int; files_searched:int?; files_matched:int?; truncated:bool
  matches: file*:str; line_number*:int; line_content*:str; context_before:str[]?; context_after:str[]?
POST /v1/file/glob
  body: path*:str; pattern*:str; exclude:str[]?; include_hidden:bool?=false; files_only:bool?=true; include_metadata:bool?=true; max_results:int?=5000; sort_by:str?=path; sort_desc:bool?=false
  data: path*:str; pattern*:str; files:obj[]; total_count:int; truncated:bool
  files: path*:str; name*:str; is_directory:bool; size:int?; modified_time:str?
POST /v1/file/upload
  body: file*:str; path:str
  data: file_path*:str; file_size*:int; success*:bool
GET /v1/file/download
POST /v1/file/list
  body: path*:str; recursive:bool?=false; show_hidden:bool?=true; file_types:str[]?; max_depth:int?; include_size:bool?=true; include_permissions:bool?=false; sort_by:str?=name; sort_desc:bool?=false
  data: path*:str; files:obj[]; total_count:int; directory_count:int; file_count:int
  files: name*:str; path*:str; is_directory*:bool; size:int?; modified_time:str?; permissions:str?; extension:str?
POST /v1/util/convert_to_markdown
  body: uri*:str
POST /v1/skills/register
  body: file:str?; path:str?; name:str?
  data: count*:int; registered:obj[]
  registered: name*:str; path*:str; metadata:obj; dependency_commands:obj[]
GET /v1/skills/metadatas
  data: skills:obj[]
  skills: name*:str; path*:str; metadata:obj; dependency_commands:obj[]
DELETE /v1/skills
DELETE /v1/skills/{name}
  data: name*:str; path*:str; metadata:obj; dependency_commands:obj[]
GET /v1/skills/{name}/content
  data: name*:str; path*:str; content*:str
POST /v1/file/str_replace_editor
  body: command*:(view|create|str_replace|insert|undo_edit); path*:str; file_text:str?; old_str:str?; new_str:str?; insert_line:int?; view_range:int[]?; replace_mode:(ALL|FIRST|LAST)?; page_range:int[]?; sheet_name:str?; row_range:int[]?; slide_range:int[]?; enable_metadata:bool?=false
  data: output*:str; error:str?; path*:str; prev_exist*:bool; old_content:str?; new_content:str?; metadata:obj?
GET /v1/file/watch
POST /v1/file/watch
  body: path*:str; recursive:bool=true; exclude:str[]=.git,node_modules,__pycache__,.venv,*.pyc,*.pyo,.DS_Store,*.swp,*.swo; debounce:int=300; include_patterns:str[]
GET /v1/file/watch/{watcher_id}/events
POST /v1/file/watch/{watcher_id}/poll
  body: cursor:int=0; limit:int=100; timeout:int=0
POST /v1/file/watch/wait
  body: path*:str; timeout:int=30; event_types:(create|write|remove|rename|chmod)[]=create,write,remove,rename,chmod
DELETE /v1/file/watch/{watcher_id}
POST /v1/nodejs/execute
  body: code*:str; timeout:int?=30; stdin:str?; files:map<str>?; stateful:bool?=false; session_id:str?; cwd:str?; version:str?
  data: language*:(javascript); status*:str; execution_count:int?; outputs:obj[]; code*:str; stdout:str; stderr:str; exit_code*:int; session_id:str?
  outputs: output_type*:str; name:str?; text:str?; ename:str?; evalue:str?; traceback:str[]?; data:obj?; metadata:obj?
GET /v1/nodejs/info
  data: node_version*:str; npm_version*:str; supported_languages*:str[]; description*:str; runtime_directory:str?; global_npm_directory:str?; runtime_packages:obj[]; global_packages:obj[]; error:str?; available_versions:str[]; current_version:str?
  runtime_packages: name*:str; version*:str
POST /v1/nodejs/sessions
  body: session_id:str?; cwd:str?; max_idle_time:int?=86400
  data: session_id*:str; created*:bool; message:str?; session:obj?
GET /v1/nodejs/sessions
  data: sessions:map<obj>
  sessions: session_id*:str; cwd*:str; created_at*:num; last_used*:num; max_idle_time*:int; age_seconds*:int; state*:str
GET /v1/nodejs/sessions/{session_id}
  data: session*:obj
PATCH /v1/nodejs/sessions/{session_id}
  body: max_idle_time:int?; cwd:str?
  data: updated*:bool; session*:obj
DELETE /v1/nodejs/sessions/{session_id}
  data: deleted*:bool
POST /v1/code/execute
  body: language*:str; code*:str; timeout:int?; cwd:str?; stateful:bool=false; session_id:str?
  data: language*:(python|javascript); status*:str; outputs*:obj[]; code*:str; stdout:str?; stderr:str?; exit_code:int?; traceback:str[]?; session_id:str?
POST /v1/browser/page/navigate
  body: url*:str; wait_until:(load|domcontentloaded|networkidle|commit)=load; timeout:num=30
POST /v1/browser/page/back
POST /v1/browser/page/forward
POST /v1/browser/page/reload
POST /v1/browser/page/click
  body: selector:str?; index:int?; x:num?; y:num?; button:str=left; click_count:int=1
POST /v1/browser/page/fill
  body: selector:str?; index:int?; text*:str
POST /v1/browser/page/type
  body: text*:str; delay:num=0
POST /v1/browser/page/press_key
  body: key*:str
POST /v1/browser/page/hot_key
  body: keys*:str[]
POST /v1/browser/page/hover
  body: selector:str?; x:num?; y:num?
POST /v1/browser/page/select_option
  body: selector*:str; value:str?; label:str?; index:int?
POST /v1/browser/page/check
  body: selector*:str
POST /v1/browser/page/uncheck
  body: selector*:str
POST /v1/browser/page/upload_file
  body: selector*:str; files*:str[]
POST /v1/browser/page/fill_form
  body: items*:obj[]
POST /v1/browser/page/scroll
  body: direction:str=down; amount:int=300
POST /v1/browser/page/scroll_to
  body: x:int=0; y:int=0
POST /v1/browser/page/scroll_to_element
  body: selector*:str
GET /v1/browser/page/screenshot
  query: full_page:bool=false; format:str=png; quality:int?
POST /v1/browser/page/record
  body: action:(once|start|pause|resume|stop|status)=once; save_path:str?; duration:num=10; fps:int=15; quality:int=80
GET /v1/browser/page/html
  query: outer:bool=false
GET /v1/browser/page/text
GET /v1/browser/page/markdown
GET /v1/browser/page/elements
GET /v1/browser/page/console
  query: clear:bool=false
POST /v1/browser/page/console/export
  body: save_path*:str; clear:bool=false
POST /v1/browser/page/evaluate
  body: expression*:str
POST /v1/browser/page/find_text
  body: keyword*:str
POST /v1/browser/page/wait
  body: type*:(selector|load|url|network_idle|download|function|response|request|timeout); selector:str?; state:str?; url:str?; save_path:str?; timeout:num=30; expression:str?; polling:num?; url_pattern:str?
GET /v1/code/info
  data: languages*:obj[]
  languages: language*:(python|javascript); description*:str; runtime_version:str?; default_timeout:int=30; max_timeout:int=300; details:obj
GET /v1/proxy/mappings
  data: source*:str; target*:str; source_host*:str; source_path:str=/; internal_port*:int
POST /v1/proxy/mappings
  body: source*:str; target*:str
  data: source*:str; target*:str; source_host*:str; source_path:str=/; internal_port*:int
DELETE /v1/proxy/mappings/{source}
GET /v1/proxy/excludes
  answer: data:str[]
POST /v1/proxy/excludes
  body: pattern*:str
DELETE /v1/proxy/excludes
  body: pattern*:str
GET /v1/proxy/diagnose
  query: url*:str
  data: url*:str; matched_mapping:obj?; resolved_target:str?; target_reachable:bool=false; route*:str
  matched_mapping: source*:str; target*:str; source_host*:str; source_path:str=/; internal_port*:int
GET /v1/proxy/health
  data: healthy*:bool; gost_alive*:bool; nginx_alive*:bool; config_consistent*:bool; inconsistencies:str[]
GET /v1/proxy/upstream
  data: addr*:str; username:str?; password:str?
PUT /v1/proxy/upstream
  body: server*:str; auth_cmd:str?
  data: addr*:str; username:str?; password:str?
DELETE /v1/proxy/upstream
GET /v1/browser/proxy.pac
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
