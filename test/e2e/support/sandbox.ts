import { rest, type Answer, type SandboxView } from './control-plane.ts';

interface Envelope<T> {
  readonly success: boolean;
  readonly message: string;
  readonly data: T;
}

export interface ShellResult {
  readonly output: string;
  readonly exit_code: number;
  readonly status: string;
}

/** A sandbox made over REST and driven through the gateway, as any client would. */
export class TestSandbox {
  readonly view: SandboxView;
  readonly token: string;

  private constructor(view: SandboxView, token: string) {
    this.view = view;
    this.token = token;
  }

  static async create(spec: Readonly<Record<string, unknown>> = {}): Promise<TestSandbox> {
    const created = await rest<SandboxView>('POST', '/v1/sandboxes', { body: { wait: 240, ...spec } });
    if (created.status !== 201 || !created.body.ready)
      throw new Error(`no ready sandbox: ${created.status} ${JSON.stringify(created.body)}`);
    return new TestSandbox(created.body, await mintToken(created.body.id));
  }

  get id(): string {
    return this.view.id;
  }

  /** Raw call at the sandbox's URL; `path` starts with a slash. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${this.token}`, ...(init.headers as Record<string, string> | undefined) };
    return fetch(this.view.url.replace(/\/$/, '') + path, { ...init, headers });
  }

  async post<T>(path: string, body: unknown): Promise<Envelope<T>> {
    const response = await this.fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
    return JSON.parse(text) as Envelope<T>;
  }

  async exec(command: string): Promise<ShellResult> {
    return (await this.post<ShellResult>('/v1/shell/exec', { command })).data;
  }

  delete(): Promise<Answer<unknown>> {
    return rest('DELETE', `/v1/sandboxes/${this.id}`);
  }
}

export async function mintToken(id: string, body: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const answer = await rest<{ readonly token: string }>('POST', `/v1/sandboxes/${id}/tokens`, { body });
  if (answer.status >= 300) throw new Error(`no token for ${id}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body.token;
}
