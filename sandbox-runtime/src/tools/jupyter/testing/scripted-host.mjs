// Speaks as kernel_host.py does, for machines without ipykernel. Its kernels are idle processes of their own group; the code that
// they take is a JSON list of steps.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';

const mode = process.env.SCRIPTED_HOST ?? 'ready';
const send = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
const kernels = new Map();

if (mode === 'unavailable') {
  send({ event: 'unavailable', message: "No module named 'jupyter_client'" });
  process.exit(0);
}
if (mode === 'broken') {
  process.stderr.write('a complaint\n');
  process.exit(1);
}
const python = { python3: 'python3', 'python3.11': 'python3', 'python3.12': 'python3.12' };
send({ event: 'ready', python: 'python3', interpreters: mode === 'bare' ? {} : python, user_site: '/nonexistent' });

function start({ id, kernel: name }) {
  const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
  const kernel = {
    child,
    count: 0,
    ended: new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ? -9 : code))),
  };
  kernels.set(name, kernel);
  void kernel.ended.then((code) => {
    send({ event: 'exited', kernel: name, code });
    kernels.delete(name);
    kernel.onEnd?.(code);
  });
  send({ event: 'started', id, pid: child.pid });
}

async function execute({ id, kernel: name, code, cwd }) {
  const kernel = kernels.get(name);
  if (kernel === undefined) return send({ event: 'failed', id, message: 'LookupError: this kernel has ended' });
  const say = (output) => send({ event: 'output', id, output });
  const done = (status, more) => send({ event: 'done', id, message_id: `m${id}`, status, ...more });
  const died = new Promise((resolve) => (kernel.onEnd = resolve)).then((code) => ({ died: code }));
  kernel.count += 1;
  for (const step of JSON.parse(code)) {
    if (step.say) say(step.say);
    if (step.show === 'cwd') say({ type: 'stream', name: 'stdout', text: cwd ?? 'as before' });
    if (step.show === 'kernel') say({ type: 'stream', name: 'stdout', text: name });
    if (step.show === 'environment') say({ type: 'stream', name: 'stdout', text: Object.keys(process.env).join(' ') });
    if (step.write) process.stdout.write(step.write);
    if (step.host === 'dies') process.kill(process.pid, 'SIGKILL');
    if (step.host === 'stops') process.kill(process.pid, 'SIGSTOP');
    if (step.dies) kernel.child.kill('SIGKILL');
    const waits = step.until
      ? (async () => {
          while (!existsSync(step.until)) await new Promise((resolve) => setTimeout(resolve, 5));
        })()
      : step.sleeps
        ? new Promise((resolve) => (kernel.onInterrupt = () => resolve({ interrupted: true })))
        : step.dies || step.stubborn
          ? new Promise(() => undefined)
          : undefined;
    const outcome = await Promise.race([died, waits ?? Promise.resolve()]);
    if (outcome?.died !== undefined) return done('died', { code: outcome.died });
    if (outcome?.interrupted) {
      say({ type: 'error', ename: 'KeyboardInterrupt', evalue: '', traceback: [] });
      return done('error', { execution_count: kernel.count });
    }
  }
  done('ok', { execution_count: kernel.count });
}

async function stop({ id, kernel: name }) {
  const kernel = kernels.get(name);
  kernel?.child.kill('SIGKILL');
  await kernel?.ended;
  send({ event: 'stopped', id });
}

const operations = {
  start,
  execute,
  stop,
  interrupt: ({ kernel }) => kernels.get(kernel)?.onInterrupt?.(),
  mute: () => undefined,
};
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const request = JSON.parse(line);
    void operations[request.op](request);
  })
  .on('close', () => {
    for (const { child } of kernels.values()) child.kill('SIGKILL');
    process.exit(0);
  });
