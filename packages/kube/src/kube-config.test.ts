import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connect } from './connect.ts';
import { findAccess, inClusterAccess } from './kube-config.ts';
import { kubeconfigAccess } from './kubeconfig-file.ts';
import { namespaces } from './resources.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sandfleet-kube-config-'));
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(directory, { recursive: true });
});

async function write(name: string, text: string): Promise<string> {
  const file = path.join(directory, name);
  await writeFile(file, text);
  return file;
}

function kubeconfig(user: object, server = 'https://example.test:6443', name = 'main'): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server, 'certificate-authority-data': Buffer.from('the ca').toString('base64') } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  });
}

describe('findAccess()', () => {
  it('takes the given file before KUBECONFIG, and that before the pod', async () => {
    const given = await write('given', kubeconfig({ token: 'given' }));
    const listed = await write('listed', kubeconfig({ token: 'listed' }));
    await write('token', 'pod');
    await write('ca.crt', 'pod ca');
    const pod = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
    const tokenOf = async (options: Parameters<typeof findAccess>[0]): Promise<string | undefined> =>
      (await findAccess({ serviceAccountDirectory: directory, ...options }).current()).headers['authorization'];
    expect(await tokenOf({ kubeconfig: given, env: { KUBECONFIG: listed, ...pod } })).toBe('Bearer given');
    expect(await tokenOf({ env: { KUBECONFIG: listed, ...pod } })).toBe('Bearer listed');
    expect(await tokenOf({ env: pod })).toBe('Bearer pod');
  });

  it('says which file does not exist', () => {
    expect(() => findAccess({ kubeconfig: '/no/such/file' })).toThrow('/no/such/file does not exist');
  });
});

describe('inClusterAccess()', () => {
  it('reads the token again after a minute, as it is rotated', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    await write('token', 'first\n');
    await write('ca.crt', 'the ca');
    const access = inClusterAccess({ KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' }, directory);
    expect(await access.current()).toEqual({
      server: 'https://[fd00::1]:6443',
      headers: { authorization: 'Bearer first' },
      tls: { ca: Buffer.from('the ca') },
    });
    await write('token', 'second');
    vi.advanceTimersByTime(59_000);
    expect((await access.current()).headers['authorization']).toBe('Bearer first');
    vi.advanceTimersByTime(2000);
    expect((await access.current()).headers['authorization']).toBe('Bearer second');
    await write('token', 'third');
    access.invalidate();
    expect((await access.current()).headers['authorization']).toBe('Bearer third');
  });
});

describe('kubeconfigAccess()', () => {
  it('gives client certificates and the CA', async () => {
    const data = (text: string): string => Buffer.from(text).toString('base64');
    const file = await write('config', kubeconfig({ 'client-certificate-data': data('cert'), 'client-key-data': data('key') }));
    expect(await kubeconfigAccess([file]).current()).toEqual({
      server: 'https://example.test:6443',
      headers: {},
      tls: { ca: Buffer.from('the ca'), cert: Buffer.from('cert'), key: Buffer.from('key') },
    });
  });

  it('finds files by paths relative to the kubeconfig', async () => {
    await write('cert.pem', 'cert of a file');
    const file = await write('config', kubeconfig({ 'client-certificate': 'cert.pem', username: 'u', password: 'p' }));
    const access = await kubeconfigAccess([file]).current();
    expect(access.tls?.cert).toEqual(Buffer.from('cert of a file'));
    expect(access.headers['authorization']).toBe(`Basic ${Buffer.from('u:p').toString('base64')}`);
  });

  it('runs an exec plugin, and runs it again when its token was refused', async () => {
    const plugin = await write(
      'plugin',
      `#!/bin/sh
echo x >> ${directory}/runs
echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t'$(wc -l < ${directory}/runs)'"}}'
`,
    );
    await chmod(plugin, 0o755);
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: plugin, args: [], interactiveMode: 'Never' };
    const file = await write('config', kubeconfig({ exec }));
    const access = kubeconfigAccess([file]);
    const tokens = await Promise.all([access.current(), access.current()]);
    expect(tokens.map(({ headers }) => headers['authorization'])).toEqual(['Bearer t1', 'Bearer t1']);
    access.invalidate();
    expect((await access.current()).headers['authorization']).toBe('Bearer t2');
  });

  it('merges several files, and takes another context when asked to', async () => {
    const first = await write('first', kubeconfig({ token: 'first' }, 'https://first.test', 'first'));
    const second = await write('second', kubeconfig({ token: 'second' }, 'https://second.test', 'second'));
    expect((await kubeconfigAccess([first, second]).current()).server).toBe('https://first.test');
    expect((await kubeconfigAccess([first, second], 'second').current()).headers['authorization']).toBe('Bearer second');
  });

  it.for([
    { what: 'http to another machine', text: kubeconfig({ token: 't' }, 'http://10.0.0.1:8080'), message: 'must be https' },
    {
      what: 'a context without a cluster',
      text: JSON.stringify({ 'current-context': 'none' }),
      message: 'names no known cluster',
    },
    { what: 'no YAML', text: '{', message: 'cannot use the kubeconfig' },
  ])('refuses $what, naming the file', async ({ text, message }) => {
    const file = await write('config', text);
    await expect(kubeconfigAccess([file]).current()).rejects.toThrow(message);
    await expect(kubeconfigAccess([file]).current()).rejects.toThrow(file);
  });
});

describe('connect()', () => {
  it('reaches a server by a kubeconfig, with its token and our user agent', async () => {
    let seen: Record<string, unknown> = {};
    const server: Server = createServer((request, response) => {
      seen = request.headers;
      response.end(JSON.stringify({ kind: 'Namespace', metadata: { name: 'default' } }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const file = await write(
      'config',
      kubeconfig({ token: 'abc' }, `http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    );
    const client = connect({ kubeconfig: file, userAgent: 'sandfleet-test/1' });
    expect((await client.get(namespaces, { name: 'default' })).metadata.name).toBe('default');
    expect(seen).toMatchObject({ authorization: 'Bearer abc', 'user-agent': 'sandfleet-test/1' });
    await client.close();
    await expect(client.get(namespaces, { name: 'default' })).rejects.toThrow('closed');
    server.close();
  });
});
