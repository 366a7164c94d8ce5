/** A call that the manual shows. What it sends is checked against the contract by a test. */
export interface Example {
  readonly operation: string;
  /** What for; the words before the call. */
  readonly purpose: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, string>>;
}

export const EXAMPLES: readonly Example[] = [
  {
    operation: 'bash_exec',
    purpose: 'Run a command, with output and error output apart',
    body: { command: 'ls -la && python3 --version', timeout: 60 },
  },
  {
    operation: 'shell_exec',
    purpose: 'Run a command in a session that keeps its directory and variables',
    body: { id: 'main', command: 'cd /tmp && pwd' },
  },
  { operation: 'file_write', purpose: 'Write a file', body: { file: '/tmp/hello.txt', content: 'Hello' } },
  { operation: 'file_read', purpose: 'Read a file', body: { file: '/tmp/hello.txt' } },
  {
    operation: 'code_execute',
    purpose: 'Run Python or JavaScript',
    body: { language: 'python', code: 'print(6 * 7)' },
  },
  { operation: 'browser_page_navigate', purpose: 'Open a page in the browser', body: { url: 'http://127.0.0.1:3000/' } },
  { operation: 'browser_page_elements', purpose: 'List what can be clicked or filled, each with its index' },
  { operation: 'browser_page_click', purpose: 'Click an element of that list', body: { index: 0 } },
  { operation: 'browser_page_markdown', purpose: 'Read the page as Markdown' },
  { operation: 'browser_screenshot', purpose: 'See the whole screen', query: { format: 'png' } },
  {
    operation: 'util_convert_to_markdown',
    purpose: 'Turn a document or a web page into Markdown',
    body: { uri: '/tmp/report.pdf' },
  },
  { operation: 'preview_ports', purpose: 'Find the servers that can be looked at under /proxy/{port}/' },
];
