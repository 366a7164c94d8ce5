import { textOf, type Arguments } from './tool-definition.ts';

/** Another name of a tool. */
export interface Alias {
  readonly tool: string | ((args: Arguments) => string);
  /** Turns the arguments of this name into those of the tool. */
  readonly adapt?: (args: Arguments) => Arguments;
}

const to = (tool: string, adapt?: Alias['adapt']): Alias => (adapt === undefined ? { tool } : { tool, adapt });

/** Tools of the former servers for files, by the action that they were asked for. */
const FILE_ACTIONS: Readonly<Record<string, string>> = {
  read: 'file_read',
  write: 'file_write',
  append: 'file_write',
  replace: 'file_replace',
  search: 'file_search',
  find: 'file_find',
  list: 'file_list',
  grep: 'file_grep',
  glob: 'file_glob',
  delete: 'file_delete',
};

const fileOperation: Alias = {
  tool: ({ action }) => FILE_ACTIONS[textOf(action)?.toLowerCase() ?? ''] ?? 'file_read',
  adapt: ({ action, ...args }) => (textOf(action)?.toLowerCase() === 'append' ? { ...args, append: true } : args),
};

/** A window of the screen is meant by share of its size, or by pixels. */
const visionClick = ({ factors, x, y, ...args }: Arguments): Arguments => {
  const [horizontal, vertical] = Array.isArray(factors) ? (factors as unknown[]) : [];
  const scale = (value: unknown, by: unknown) => (typeof value === 'number' && typeof by === 'number' ? value * by : value);
  return { ...args, x: scale(x, horizontal), y: scale(y, vertical) };
};

/** Names of the browser's own server, which another hub puts its own name before. */
const BROWSER: Readonly<Record<string, string>> = {
  back: 'browser_go_back',
  forward: 'browser_go_forward',
  close: 'browser_close_tab',
  get_clickable_elements: 'browser_get_elements',
  element_click: 'browser_click',
  element_hover: 'browser_hover',
  select: 'browser_select_option',
  element_select: 'browser_select_option',
  form_input_fill: 'browser_fill',
  extract: 'browser_get_text',
  get_screenshot: 'browser_screenshot',
  vision_screen_capture: 'browser_screenshot',
  execute_action: 'browser_screen_action',
};

const renamedBrowser = Object.entries(BROWSER).flatMap(([name, tool]): [string, Alias][] => [
  [`browser_${name}`, to(tool)],
  [`sandbox_browser_${name}`, to(tool)],
]);

/**
 * Every name under which a tool was published once. A name of another hub, `sandbox_browser_…`, is understood for every tool of
 * the browser; within its server a tool needs no prefix. Both are rules of `resolve`, not of this table.
 */
export const ALIASES: Readonly<Record<string, Alias>> = {
  ...Object.fromEntries(renamedBrowser),
  browser_vision_screen_click: to('browser_click', visionClick),
  sandbox_browser_vision_screen_click: to('browser_click', visionClick),
  // The one that pairs with execute_action shows the whole screen.
  sandbox_browser_screenshot: to('browser_screen_screenshot'),
  sandbox_get_browser_info: to('browser_get_info'),
  terminal_execute: to('shell_exec'),
  terminal_session: to('shell_create_session'),
  terminal_kill: to('shell_kill'),
  sandbox_execute_bash: to('shell_exec'),
  sandbox_file_operations: fileOperation,
  sandbox_str_replace_editor: to('file_str_replace_editor'),
  str_replace_editor: to('file_str_replace_editor'),
  sandbox_convert_to_markdown: to('markitdown_convert'),
  convert_to_markdown: to('markitdown_convert'),
  markitdown_extract: to('markitdown_extract_text'),
  execute_code: to('sandbox_execute_code'),
};

/** Other names of servers. */
export const SERVER_ALIASES: Readonly<Record<string, string>> = { terminal: 'shell', 'mcp-server-browser': 'browser' };
