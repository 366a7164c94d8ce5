import { TestSandbox } from '../../e2e/support/sandbox.ts';

const PAGE_PORT = 18_431;
const FOLDER = '/tmp/bench-desktop';

/** In the sandbox: a page that is small and whole, with a style sheet and a script of its own. */
const SERVER = `require('node:http').createServer((q, r) => {
  r.setHeader('content-type', q.url === '/a.css' ? 'text/css' : q.url === '/a.js' ? 'text/javascript' : 'text/html');
  r.end(q.url === '/a.css' ? 'p{color:#222}' : q.url === '/a.js' ? 'document.title="ready"' :
    '<!doctype html><link rel=icon href=data:,><link rel=stylesheet href=/a.css><script src=/a.js></script>' + '<p>text</p>'.repeat(500));
}).listen(${PAGE_PORT}, '127.0.0.1')`;

/** In the sandbox: what the runtime's own copy of playwright-core needs for the same page, in the same tab. */
const DIRECT = String.raw`
const { chromium } = require(process.argv[2]);
const [, , , url, turns, port] = process.argv;
(async () => {
  const browser = await chromium.connectOverCDP('http://127.0.0.1:' + port);
  const page = browser.contexts()[0].pages()[0];
  const times = [];
  for (let turn = -1; turn < Number(turns); turn += 1) {
    const began = performance.now();
    const answer = await page.goto(url + '?direct=' + turn);
    await page.title();
    if (turn >= 0) times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  console.log('p50=' + times[Math.floor(times.length / 2)]);
  process.exit(0);
})();
`;

interface Ran {
  readonly output: string;
}

export interface Direct {
  readonly url: string;
  readonly turns: number;
  readonly debuggingPort: number;
  /** Where the sandbox has playwright-core. */
  readonly playwright: string;
}

/** The sandbox that is measured. Every call reads its whole answer and refuses one that is not what was asked for. */
export class BenchSandbox {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly remove: () => Promise<void>;

  constructor(url: string, token: string | undefined, remove: () => Promise<void>) {
    this.url = url.replace(/\/$/, '');
    this.headers = token === undefined || token === '' ? {} : { authorization: `Bearer ${token}` };
    this.remove = remove;
  }

  get<T>(path: string): Promise<T> {
    return this.#data(path, {});
  }

  post<T = unknown>(path: string, body: unknown = {}): Promise<T> {
    return this.#data(path, { method: 'POST', body: JSON.stringify(body) });
  }

  async picture(path: string): Promise<void> {
    const bytes = await this.#ask(path, {});
    if (bytes.length < 100) throw new Error(`${path} gave no picture`);
  }

  async mcp(name: string, args: unknown): Promise<void> {
    const body = JSON.stringify({ method: 'tools/call', params: { name, arguments: args } });
    const text = (await this.#ask('/mcp', { method: 'POST', body })).toString();
    if (text.includes('"isError":true') || !text.includes('"content"')) throw new Error(`${name} failed: ${text.slice(0, 300)}`);
  }

  async startPageServer(): Promise<string> {
    await this.post('/v1/file/write', { file: '/tmp/bench-desktop.txt', content: 'text\n' });
    await this.post('/v1/file/write', { file: `${FOLDER}/server.cjs`, content: SERVER });
    await this.post('/v1/shell/exec', { command: `node ${FOLDER}/server.cjs`, async_mode: true });
    const url = `http://127.0.0.1:${PAGE_PORT}/`;
    const waits = `until node -e 'fetch("${url}").then(() => process.exit(0), () => process.exit(1))'; do sleep 0.2; done; echo up`;
    await this.post('/v1/shell/exec', { command: waits, timeout: 120 });
    return url;
  }

  async navigateByPlaywright({ url, turns, debuggingPort, playwright }: Direct): Promise<number> {
    await this.post('/v1/file/write', { file: `${FOLDER}/direct.cjs`, content: DIRECT });
    const command = `node ${FOLDER}/direct.cjs ${playwright} ${url} ${turns} ${debuggingPort}`;
    const { output } = await this.post<Ran>('/v1/shell/exec', { command, timeout: 600 });
    const time = Number(/^p50=(\S+)$/m.exec(output)?.[1]);
    if (!Number.isFinite(time)) throw new Error(`playwright-core did not run in the sandbox: ${output.slice(-500)}`);
    return time;
  }

  async #data<T>(path: string, init: RequestInit): Promise<T> {
    const text = (await this.#ask(path, init)).toString();
    // The bench knows what it asks for.
    const answer = (text.startsWith('{') ? JSON.parse(text) : { success: true }) as { success: boolean; data: T };
    if (!answer.success) throw new Error(`${path} failed: ${text.slice(0, 300)}`);
    return answer.data;
  }

  async #ask(path: string, init: RequestInit): Promise<Buffer> {
    const json = init.body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(this.url + path, { ...init, headers: { ...this.headers, ...json } });
    const bytes = Buffer.from(await response.arrayBuffer());
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${bytes.toString().slice(0, 300)}`);
    return bytes;
  }
}

/** The sandbox of the environment, or one that is made on the running cluster. */
export async function openBenchSandbox(env: NodeJS.ProcessEnv): Promise<BenchSandbox> {
  const url = env['SANDBOX_BASE_URL'];
  if (url !== undefined) return new BenchSandbox(url, env['SANDBOX_TOKEN'], async () => {});
  const sandbox = await TestSandbox.create({ resources: { limits: { cpu: '2', memory: '4Gi' } } });
  return new BenchSandbox(sandbox.view.url, sandbox.token, async () => void (await sandbox.delete()));
}
