import { LABELS, type Sandbox } from '@sandfleet/crds';
import { fixedAccess, KubeClient, leases } from '@sandfleet/kube';
import { eventually } from '@sandfleet/kube/testing';
import { createLogger } from '@sandfleet/server-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { leaseName, TicketBook } from '../../../api/src/gateway/access/ticket-book.ts';
import { Pod } from '../../../api/src/gateway/testing/pod.ts';
import { startGateway, type RunningGateway } from './support/running-gateway.ts';
import { World } from './support/world.ts';

const ADDRESS = `127.72.${process.pid % 250}.1`;
const labelSelector = `${LABELS.type}=redeemed-ticket`;

describe('tickets on a real API server', () => {
  let world: World;
  let gateways: readonly [RunningGateway, RunningGateway];
  let pod: Pod;
  let sandbox: Sandbox;

  beforeAll(async () => {
    world = await World.create();
    pod = await Pod.start({ host: ADDRESS, port: 8080 });
    gateways = [await startGateway(world), await startGateway(world)];
    sandbox = await world.createSandbox('ticketed');
    await world.createPod(sandbox, { ip: ADDRESS });
    const authorization = `Bearer ${await world.token(sandbox)}`;
    for (const { url } of gateways)
      await eventually('the sandbox answers', async () => (await fetch(`${url}/s/ticketed/`, { headers: { authorization } })).ok);
  });
  afterAll(async () => {
    await Promise.all(gateways.map((gateway) => gateway.stop()));
    await pod.stop();
    await world.close();
  });

  const book = (now: () => Date, client: KubeClient = world.admin) =>
    new TicketBook({
      client,
      namespace: world.release,
      identity: 'test',
      log: createLogger({ name: 'test', level: 'silent' }),
      now,
    });

  it('are good once, whichever replica sees them, also at the same time', async () => {
    const ticket = await world.ticket(sandbox, { surface: 'rest', mode: 'control' });
    const redeem = ({ url }: RunningGateway) =>
      fetch(`${url}/s/ticketed/v1/x?ticket=${ticket}`, { redirect: 'manual', headers: { accept: 'text/html' } });
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => redeem(gateways[i % 2 === 0 ? 0 : 1])));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([303, ...Array<number>(9).fill(401)]);
    const redeemed = answers.find(({ status }) => status === 303);
    const cookie = redeemed?.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    // The cookie is good at every replica, and the ticket at none.
    for (const { url } of gateways) expect((await fetch(`${url}/s/ticketed/v1/x`, { headers: { cookie } })).status).toBe(200);
    for (const gateway of gateways) expect((await redeem(gateway)).status).toBe(401);
    expect((await world.admin.list(leases, { namespace: world.release, labelSelector })).items).toHaveLength(1);
  });

  it('are made at the sandbox’s own URL by any replica, and open one call at another', async () => {
    const headers = { authorization: `Bearer ${await world.token(sandbox)}` };
    const made = await fetch(`${gateways[0].url}/s/ticketed/tickets`, { method: 'POST', headers });
    expect(made.status).toBe(200);
    // The answer of the published operation.
    const { ticket, expires_in: seconds } = (await made.json()) as { ticket: string; expires_in: number };
    expect(seconds).toBe(30);
    const statuses = [];
    for (const { url } of gateways.toReversed()) statuses.push((await fetch(`${url}/s/ticketed/v1/x?ticket=${ticket}`)).status);
    expect(statuses).toEqual([200, 401]);
  });

  it('leave a Lease that says nothing of them, and that goes when no ticket can be that old', async () => {
    const jti = 'some-ticket';
    const today = book(() => new Date());
    expect([await today.redeem(jti), await today.redeem(jti)]).toEqual([true, false]);
    const lease = await world.admin.get(leases, { namespace: world.release, name: leaseName(jti) });
    expect(JSON.stringify(lease)).not.toContain(jti);
    const signal = AbortSignal.timeout(60_000);
    expect(await today.sweep(signal)).toBe(0);
    const names = async () =>
      (await world.admin.list(leases, { namespace: world.release })).items.map(({ metadata }) => metadata.name);
    const other = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'other', namespace: world.release } };
    await world.admin.create(leases, other);
    expect(await book(() => new Date(Date.now() + 3_600_000)).sweep(signal)).toBeGreaterThan(0);
    expect(await names()).toEqual(['other']);
  });

  it('are a 503 while Kubernetes does not answer', async () => {
    const client = new KubeClient({ access: fixedAccess({ server: 'http://127.0.0.1:1', headers: {} }), userAgent: 'test' });
    const away = book(() => new Date(), client);
    await expect(away.redeem('x')).rejects.toThrow(expect.objectContaining({ code: 'KUBERNETES_UNAVAILABLE' }));
    await client.close();
    expect(await book(() => new Date()).redeem('x')).toBe(true);
  });
});
