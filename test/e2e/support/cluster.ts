import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..', '..');

export interface Cluster {
  readonly kubeconfig: string;
  readonly apiUrl: string;
  readonly gatewayUrl: string;
  readonly apiKey: string;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let known: (Cluster & { readonly environment: NodeJS.ProcessEnv }) | undefined;

/** What `eval "$(hack/env)"` gives a person. */
export function cluster(): Cluster & { readonly environment: NodeJS.ProcessEnv } {
  if (known !== undefined) return known;
  const script = 'eval "$(hack/env)" && env -0';
  const output = execFileSync('bash', ['-c', script], { cwd: ROOT, encoding: 'utf8' });
  const environment = Object.fromEntries(output.split('\0').map((line) => splitOnce(line, '=')));
  const value = (name: string): string => {
    const text = environment[name];
    if (text === undefined || text === '') throw new Error(`hack/env gave no ${name}; is the cluster up (npm run up)?`);
    return text;
  };
  known = {
    kubeconfig: value('KUBECONFIG'),
    apiUrl: value('SANDFLEET_URL'),
    gatewayUrl: value('SANDFLEET_GATEWAY_URL'),
    apiKey: value('SANDFLEET_API_KEY'),
    environment,
  };
  return known;
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** Runs a program with the cluster's environment and gives back all of it, whatever the exit code. */
export function run(program: string, args: readonly string[], input?: string, env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { cwd: ROOT, env: { ...cluster().environment, ...env }, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, stdout, stderr });
    });
    // A program that reads no input may be gone before it is written.
    child.stdin?.on('error', () => undefined).end(input ?? '');
  });
}

/** kubectl's standard output; throws with its standard error when it fails. */
export async function kubectl(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run('kubectl', args);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr.trim()}`);
  return stdout;
}

export async function kubectlJson<T>(...args: string[]): Promise<T> {
  return JSON.parse(await kubectl(...args, '-o', 'json')) as T;
}

export interface Listed<T> {
  readonly items: readonly T[];
}

export interface PodView {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels: Record<string, string>;
    readonly deletionTimestamp?: string;
  };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly podIP?: string; readonly hostIP?: string; readonly phase: string };
}

/** Asks again every half second until `probe` gives something, and says what it saw last when it never does. */
export async function eventually<T>(what: string, probe: () => Promise<T | undefined>, seconds = 120): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const value = await probe();
      if (value !== undefined) return value;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`${what} did not happen within ${seconds} s`, { cause: last });
}
