type Arguments = Readonly<Record<string, unknown>>;

export interface Call {
  readonly name: string;
  readonly args?: Arguments;
  /** What must be in its words. */
  readonly has?: string;
  /** The tool has nothing to work on here, and says so. */
  readonly fails?: string;
}

const PAGE = `data:text/html,${encodeURIComponent(`<!doctype html><title>Tools</title><main><h1>Heading of tools</h1>
<p>Some words to find.</p><a href="https://example.test/there">A link</a>
<input id="name"><input id="box" type="checkbox"><input id="file" type="file">
<select id="choice"><option value="a">A<option value="b">B</select>
<button id="go" onclick="this.textContent='pressed'">Go</button><p style="margin-top:3000px" id="below">Below</p></main>`)}`;

/** Every tool of a sandbox, in an order in which each finds what it needs. `session` and the like come from answers before. */
export const CALLS: readonly Call[] = [
  { name: 'sandbox_get_context' },
  { name: 'sandbox_get_packages', args: { language: 'nodejs' } },
  { name: 'sandbox_execute_code', args: { language: 'javascript', code: 'console.log("sum", 40 + 2)' }, has: 'sum 42' },
  { name: 'sandbox_list_skills' },
  { name: 'sandbox_get_skill', args: { name: 'none-of-this-name' }, fails: 'not found' },
  { name: 'file_write', args: { file: '/tmp/mcp/a.txt', content: 'alpha\nbeta\n' } },
  { name: 'file_read', args: { file: '/tmp/mcp/a.txt' }, has: 'beta' },
  { name: 'file_replace', args: { file: '/tmp/mcp/a.txt', old_str: 'beta', new_str: 'gamma' } },
  { name: 'file_search', args: { file: '/tmp/mcp/a.txt', regex: 'gam+a' }, has: 'gamma' },
  { name: 'file_list', args: { path: '/tmp/mcp' }, has: 'a.txt' },
  { name: 'file_find', args: { path: '/tmp/mcp', glob: '*.txt' }, has: 'a.txt' },
  { name: 'file_grep', args: { path: '/tmp/mcp', pattern: 'alpha' }, has: 'a.txt' },
  { name: 'file_glob', args: { path: '/tmp/mcp', pattern: '*.txt' }, has: 'a.txt' },
  { name: 'file_str_replace_editor', args: { command: 'view', path: '/tmp/mcp/a.txt' }, has: 'gamma' },
  { name: 'markitdown_convert', args: { uri: 'data:text/html,<h1>Converted</h1>' }, has: '# Converted' },
  { name: 'markitdown_extract_text', args: { uri: 'data:text/html,<h1>Converted</h1>' }, has: 'Converted' },
  { name: 'markitdown_extract_images', args: { uri: 'data:text/html,<h1>Converted</h1>' } },
  { name: 'shell_create_session', args: { id: 'mcp' }, has: 'mcp' },
  { name: 'shell_list_sessions', has: 'mcp' },
  { name: 'shell_exec', args: { id: 'mcp', command: 'read line; echo got-$line', async_mode: true } },
  { name: 'shell_write', args: { id: 'mcp', input: 'text', press_enter: true } },
  { name: 'shell_wait', args: { id: 'mcp', seconds: 60 } },
  { name: 'shell_view', args: { id: 'mcp' }, has: 'got-text' },
  { name: 'shell_exec', args: { id: 'mcp', command: 'sleep 1000', async_mode: true } },
  { name: 'shell_kill', args: { id: 'mcp' } },
  { name: 'shell_close_session', args: { session_id: 'mcp' } },
  { name: 'browser_navigate', args: { url: PAGE }, has: 'Tools' },
  { name: 'browser_get_elements', has: 'Go' },
  { name: 'browser_click', args: { selector: '#go' } },
  { name: 'browser_fill', args: { selector: '#name', text: 'filled' } },
  { name: 'browser_type', args: { selector: '#name', text: ' typed' } },
  { name: 'browser_press_key', args: { key: 'End' } },
  { name: 'browser_hot_key', args: { keys: ['Control', 'a'] } },
  { name: 'browser_evaluate', args: { expression: 'document.querySelector("#name").value' }, has: 'typed' },
  { name: 'browser_hover', args: { selector: '#go' } },
  { name: 'browser_select_option', args: { selector: '#choice', value: 'b' } },
  { name: 'browser_check', args: { selector: '#box' } },
  { name: 'browser_uncheck', args: { selector: '#box' } },
  { name: 'browser_fill_form', args: { items: [{ selector: '#name', value: 'form' }] } },
  { name: 'browser_upload_file', args: { selector: '#file', files: ['/tmp/mcp/a.txt'] } },
  { name: 'browser_scroll', args: { direction: 'down', amount: 100 } },
  { name: 'browser_scroll_to_element', args: { selector: '#below' } },
  { name: 'browser_screenshot' },
  { name: 'browser_get_text', has: 'Some words to find' },
  { name: 'browser_get_markdown', has: 'Heading of tools' },
  { name: 'browser_get_html', has: 'id="go"' },
  { name: 'browser_read_links', has: 'example.test/there' },
  { name: 'browser_find_text', args: { keyword: 'words' }, has: 'words' },
  { name: 'browser_wait', args: { type: 'selector', selector: '#below' } },
  { name: 'browser_get_console' },
  { name: 'browser_reload' },
  { name: 'browser_navigate', args: { url: 'about:blank' } },
  { name: 'browser_go_back' },
  { name: 'browser_go_forward' },
  { name: 'browser_new_tab', args: { url: 'about:blank' } },
  { name: 'browser_tab_list', has: 'about:blank' },
  { name: 'browser_switch_tab', args: { index: 0 } },
  { name: 'browser_close_tab', args: { index: 1 } },
  { name: 'browser_get_info' },
  { name: 'browser_screen_screenshot' },
  { name: 'browser_screen_action', args: { action_type: 'MOVE_TO', x: 10, y: 10 } },
  { name: 'browser_get_download_list' },
  { name: 'browser_get_requests' },
  { name: 'file_delete', args: { path: '/tmp/mcp', recursive: true } },
];
