import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { cluster, eventually, kubectl, kubectlJson, type PodView } from './support/cluster.ts';
import { rest, type Problem } from './support/control-plane.ts';
import { mintToken, TestSandbox } from './support/sandbox.ts';

describe('the gateway', () => {
  let first: TestSandbox;
  let second: TestSandbox;
  beforeAll(async () => {
    [first, second] = await Promise.all([TestSandbox.create(), TestSandbox.create()]);
  });
  afterAll(async () => {
    await Promise.all([first.delete(), second.delete()]);
  });

  const status = async (url: string, headers: Record<string, string> = {}): Promise<[number, string | undefined]> => {
    const response = await fetch(url, { headers, redirect: 'manual' });
    const text = await response.text();
    const isProblem = (response.headers.get('content-type') ?? '').includes('problem+json');
    return [response.status, isProblem ? (JSON.parse(text) as Problem).code : undefined];
  };
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  it('carries calls to the sandbox of the token, and to no other', async () => {
    expect((await first.exec('hostname')).output.trim()).toBe(first.id);
    expect(await status(`${second.view.url}v1/sandbox`, bearer(first.token))).toEqual([403, 'WRONG_SANDBOX']);
  });

  it('answers 401 without a token or with one that is broken, 404 for an id that is not there', async () => {
    expect(await status(`${first.view.url}v1/sandbox`)).toEqual([401, 'UNAUTHENTICATED']);
    expect(await status(`${first.view.url}v1/sandbox`, bearer(`${first.token}x`))).toEqual([401, 'UNAUTHENTICATED']);
    expect(await status(`${first.view.url}v1/sandbox`, bearer(cluster().apiKey))).toEqual([401, 'UNAUTHENTICATED']);
    expect(await status(`${cluster().gatewayUrl}/s/never-made/v1/sandbox`, bearer(first.token))).toEqual([
      404,
      'SANDBOX_NOT_FOUND',
    ]);
  });

  it('holds a token to its scope', async () => {
    const token = await mintToken(first.id, { scope: 'vnc' });
    expect(await status(`${first.view.url}v1/sandbox`, bearer(token))).toEqual([403, 'SCOPE_MISSING']);
  });

  it('redeems a ticket once, for a cookie and a clean URL', async () => {
    const { body: minted, status: code } = await rest<{ ticket: string; url: string }>(
      'POST',
      `/v1/sandboxes/${first.id}/tickets`,
      { body: { surface: 'rest' } },
    );
    expect(code).toBeLessThan(300);
    const target = `${first.view.url}v1/sandbox?ticket=${minted.ticket}`;
    const redeemed = await fetch(target, { redirect: 'manual', headers: { accept: 'text/html' } });
    expect(redeemed.status).toBe(303);
    expect(redeemed.headers.get('location')).not.toContain('ticket');
    const cookie = (redeemed.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    expect(redeemed.headers.get('set-cookie')).toMatch(/HttpOnly/i);
    expect((await status(`${first.view.url}v1/sandbox`, { cookie }))[0]).toBe(200);
    expect((await status(`${second.view.url}v1/sandbox`, { cookie }))[0]).not.toBe(200);
    expect(await status(target)).toEqual([401, 'UNAUTHENTICATED']);
  });

  it('never shows its own credentials to the sandbox', async () => {
    const port = 9999;
    const echo = `require("node:http").createServer((q,r)=>r.end(JSON.stringify(q.headers))).listen(${port})`;
    await first.exec(`node -e '${echo}' >/dev/null 2>&1 & sleep 1`);
    const environment = (await first.exec('cat /proc/1/environ 2>/dev/null | tr "\\0" "\\n"; env')).output;
    expect(environment).not.toContain(first.token);
    expect(environment).not.toMatch(/PRIVATE KEY|sfk_/);
  });

  it('answers 503 with Retry-After while a pod is not ready, then carries calls to its successor with the same token', async () => {
    const before = await kubectlJson<PodView>('get', 'pod', first.id);
    await kubectl('delete', 'pod', first.id, '--wait=false', '--grace-period=1');
    const refusal = await eventually('a 503 while the pod is away', async () => {
      const response = await first.fetch('/v1/sandbox');
      await response.text();
      return response.status === 503 ? response : undefined;
    });
    expect(Number(refusal.headers.get('retry-after'))).toBeGreaterThan(0);
    await eventually('the successor answers', async () => ((await first.fetch('/v1/sandbox')).ok ? true : undefined));
    const after = await kubectlJson<PodView>('get', 'pod', first.id);
    expect(after.metadata.uid).not.toBe(before.metadata.uid);
    expect((await first.exec('echo back')).output.trim()).toBe('back');
  });

  it('refuses a token of a sandbox that is gone, also when its name is used again', async () => {
    const name = 'used-twice';
    const old = await TestSandbox.create({ name });
    await old.delete();
    const next = await eventually('the name is free again', async () => TestSandbox.create({ name }));
    const [code] = await status(`${next.view.url}v1/sandbox`, bearer(old.token));
    expect([401, 403, 410]).toContain(code);
    expect((await next.exec('true')).exit_code).toBe(0);
    await next.delete();
  });

  it('is of no use from inside: a pod speaks only with the gateway’s own token', async () => {
    const { podIP } = (await kubectlJson<PodView>('get', 'pod', first.id)).status;
    const direct = await fetch(`http://${podIP}:8080/v1/sandbox`, {
      headers: bearer(first.token),
      signal: AbortSignal.timeout(4000),
    }).then(
      (response) => response.status,
      () => 'blocked',
    );
    expect([401, 'blocked']).toContain(direct);
  });
});
