import { TestSandbox } from '../../e2e/support/sandbox.ts';

/** One call of a job; refused when the answer is not what a healthy sandbox gives. */
export class Client {
  readonly #url: string;
  readonly #token: string | undefined;

  constructor(url: string, token: string | undefined) {
    this.#url = url.replace(/\/$/, '');
    this.#token = token;
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const authorization = this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` };
    const headers = { ...authorization, ...(init.headers as Record<string, string> | undefined) };
    const response = await fetch(this.#url + path, { ...init, headers });
    if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${path} answered ${response.status}: ${await response.text()}`);
    return response;
  }

  async text(path: string): Promise<string> {
    return (await this.fetch(path)).text();
  }

  /** `data` of an answer in the envelope, or all of one without. */
  async json<T>(method: string, path: string, body?: unknown): Promise<T> {
    const payload = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const answer = (await (await this.fetch(path, { method, ...payload })).json()) as { success?: boolean; data?: T };
    if (answer.success === false) throw new Error(`${method} ${path} failed: ${JSON.stringify(answer).slice(0, 500)}`);
    return answer.data ?? (answer as T);
  }
}

/** The sandbox of the environment, or one that is made on the running cluster. */
export async function sandboxOf(env: NodeJS.ProcessEnv): Promise<{ client: Client; remove(): Promise<void> }> {
  const url = env['SANDBOX_BASE_URL'];
  if (url !== undefined) return { client: new Client(url, env['SANDBOX_TOKEN']), remove: async () => {} };
  const sandbox = await TestSandbox.create({ resources: { limits: { cpu: '2', memory: '4Gi' } } });
  return { client: new Client(sandbox.view.url, sandbox.token), remove: async () => void (await sandbox.delete()) };
}
