// The main job in one file, with nothing but fetch: two sandboxes, a CSV in, Python over it, the result out, and a look at
// what a sandbox can not reach. Run it after `npm run up`:  eval "$(hack/env)" && node examples/quickstart/quickstart.mjs
import { readFile } from 'node:fs/promises';

const { SANDFLEET_URL: api, SANDFLEET_API_KEY: key } = process.env;
if (!api || !key) {
  console.error('SANDFLEET_URL and SANDFLEET_API_KEY are not set; run: eval "$(hack/env)"');
  process.exit(2);
}

const local = (name) => readFile(new URL(name, import.meta.url), 'utf8');

async function call(url, credential, method, body) {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${credential}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${new URL(url).pathname}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

const control = (method, path, body) => call(`${api}${path}`, key, method, body);

/** Makes a sandbox, waits until it is ready, and gives the calls that this example needs. */
async function createSandbox() {
  const { id, url, ready } = await control('POST', '/v1/sandboxes', { wait: 240 });
  if (!ready) throw new Error(`${id} did not become ready; see: kubectl describe sandbox ${id}`);
  const { token } = await control('POST', `/v1/sandboxes/${id}/tokens`, { ttlSeconds: 600 });
  const post = async (path, body) => (await call(url.replace(/\/$/, '') + path, token, 'POST', body)).data;
  return {
    id,
    write: (file, content) => post('/v1/file/write', { file, content }),
    read: async (file) => (await post('/v1/file/read', { file })).content,
    sh: async (command) => {
      const { output, exit_code: code } = await post('/v1/shell/exec', { command });
      if (code !== 0) throw new Error(`${command}: exit code ${code}\n${output}`);
      return output.trim();
    },
    delete: () => control('DELETE', `/v1/sandboxes/${id}`),
  };
}

const made = await Promise.allSettled([createSandbox(), createSandbox()]);
const sandboxes = made.flatMap(({ value }) => value ?? []);
try {
  const failed = made.find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;
  const [worker, neighbour] = sandboxes;
  console.log(`sandboxes: ${worker.id} ${neighbour.id}`);

  await worker.write('/home/gem/data/sales.csv', await local('sales.csv'));
  await worker.write('/home/gem/data/summarise.py', await local('summarise.py'));
  console.log(await worker.sh('cd /home/gem/data && python3 summarise.py sales.csv revenue.json'));
  console.log(`revenue: ${await worker.read('/home/gem/data/revenue.json')}`);

  console.log(
    `memory limit: ${await worker.sh('cat /sys/fs/cgroup/memory.max 2>/dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes')} bytes`,
  );

  const neighbourAddress = await neighbour.sh('hostname -i');
  const gateway = await worker.sh("ip -4 route show default | awk '{print $3}'");
  await worker.write('/tmp/reach.py', await local('reach.py'));
  const targets = [
    'itself=127.0.0.1:8080',
    `neighbour=${neighbourAddress}:8080`,
    'kubernetes-api=kubernetes.default.svc:443',
    `node=${gateway}:10250`,
    'metadata=169.254.169.254:80',
  ];
  console.log(await worker.sh(`python3 /tmp/reach.py ${targets.join(' ')}`));
} finally {
  await Promise.all(sandboxes.map((sandbox) => sandbox.delete()));
}
console.log('sandboxes deleted');
