/**
 * `first-sandbox.ts ensure|show API_URL KEY_FILE`: makes the first sandbox unless it is there, and waits until it is ready;
 * `show` prints its URL, a token and what to do with them. Only `show` writes a secret, and only to the standard output.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { type Answer, call, problem } from './rest.ts';

const NAME = 'first';
const READY_SECONDS = 300;

interface Sandbox {
  readonly ready: boolean;
  readonly phase: string;
  readonly url: string;
}

const [command = '', apiUrl = '', keyFile = ''] = process.argv.slice(2);
const credential = (await readFile(keyFile, 'utf8')).trim();

try {
  if (command === 'ensure') await ensure();
  else if (command === 'show') await show();
  else throw new Error('use: first-sandbox.ts ensure|show API_URL KEY_FILE');
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function ensure(): Promise<void> {
  const deadline = Date.now() + READY_SECONDS * 1000;
  let last = 'nothing yet';
  while (Date.now() < deadline) {
    const found = await control('GET', `/v1/sandboxes/${NAME}`);
    if (found.status === 404) {
      const made = await control('POST', '/v1/sandboxes', { name: NAME, wait: 60 });
      if (made.status === 201) continue;
      // 409: the one before is not gone yet, or somebody else has the name for longer.
      if (made.status !== 409) throw new Error(`The sandbox can't be made (${problem(made)})`);
      last = problem(made);
      await sleep(1000);
      continue;
    }
    const sandbox = expectSandbox(found);
    if (sandbox.ready) return;
    last = sandbox.phase;
    await sleep(500);
  }
  throw new Error(
    `The sandbox '${NAME}' is not ready after ${READY_SECONDS} s (${last}); see: eval "$(hack/env)"; kubectl describe sandbox,pod ${NAME}`,
  );
}

async function show(): Promise<void> {
  const { url } = expectSandbox(await control('GET', `/v1/sandboxes/${NAME}`));
  const issued = await control('POST', `/v1/sandboxes/${NAME}/tokens`, {});
  if (issued.status >= 300) throw new Error(`There is no token for the sandbox (${problem(issued)})`);
  const { token, expiresAt } = issued.body as { token: string; expiresAt: string };
  const exec = new URL('v1/shell/exec', url).href;
  const ran = await call({ method: 'POST', url: exec, credential: token, body: { command: 'uname -a' } });
  if (ran.status !== 200) throw new Error(`${exec} does not run a command (${problem(ran)})`);
  const { data } = ran.body as { data: { output: string } };
  console.log(`
The sandbox '${NAME}' is ready and answers: ${data.output.trim()}

  URL    ${url}
  token  ${token}
         (until ${expiresAt})

Run a command in it:

  curl -sS '${exec}' -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' -d '{"command": "python3 -V"}'

Next:

  eval "$(hack/env)"                        # kubectl, helm, KUBECONFIG, SANDFLEET_URL, SANDFLEET_API_KEY
  kubectl get sandboxes -o wide
  kubectl apply -f examples/sandbox.yaml
  node examples/quickstart/quickstart.mjs
  npm test
  npm run down                              # leaves nothing`);
}

function control(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer> {
  return call({ method, url: `${apiUrl}${path}`, credential, body });
}

function expectSandbox(answer: Answer): Sandbox {
  if (answer.status !== 200) throw new Error(`The sandbox '${NAME}' can't be read (${problem(answer)})`);
  return answer.body as Sandbox;
}
