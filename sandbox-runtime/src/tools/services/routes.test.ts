import type { ServiceInfo } from '@sandfleet/contract/runtime';
import { describe, expect, it } from 'vitest';

import { testRuntime } from '../../fixtures.ts';

// Nothing here needs the programs: what is there for certain is that they are not.
const missing = {
  PATH: '/usr/bin:/bin',
  SANDFLEET_CODE_SERVER: '/no/such/code-server',
  DISABLE_BROWSER: 'true',
  DISABLE_VNC: 'true',
};

describe('the services', () => {
  it('are stopped, or disabled, in a sandbox that has just started', async () => {
    await using runtime = await testRuntime({ DISABLE_JUPYTER: '1' });
    const { status, body } = await runtime.call<readonly ServiceInfo[]>('GET', '/v1/services');
    expect(status).toBe(200);
    const idle = { restarts: 0, memory_bytes: 0 };
    expect(body.data).toEqual([
      { name: 'screen', state: 'stopped', ...idle },
      { name: 'browser', state: 'stopped', ...idle },
      { name: 'jupyter-lab', state: 'disabled', ...idle },
      { name: 'code-server', state: 'stopped', ...idle },
    ]);
  });

  it('are switched off each by its variable', async () => {
    const all = ['DISABLE_BROWSER', 'DISABLE_VNC', 'DISABLE_JUPYTER', 'DISABLE_CODE_SERVER'];
    await using runtime = await testRuntime(Object.fromEntries(all.map((name) => [name, 'true'])));
    const { body } = await runtime.call<readonly ServiceInfo[]>('GET', '/v1/services');
    expect(body.data.map(({ state }) => state)).toEqual(['disabled', 'disabled', 'disabled', 'disabled']);
  });

  it('leave the screen to the browser when nobody may watch', async () => {
    await using runtime = await testRuntime({ DISABLE_VNC: 'true' });
    expect((await runtime.call<ServiceInfo>('GET', '/v1/services/screen')).body.data.state).toBe('stopped');
  });

  it('say which program is missing, and when to come back', async () => {
    await using runtime = await testRuntime(missing);
    const { status, body } = await runtime.post('/v1/services/code-server/start');
    expect(status).toBe(503);
    expect(body).toMatchObject({ success: false, message: expect.stringContaining('/no/such/code-server is not installed') });
    const { data } = (await runtime.call<ServiceInfo>('GET', '/v1/services/code-server')).body;
    expect(data).toMatchObject({ last_exit: { reason: expect.stringContaining('not installed') }, restarts: 0 });
    expect((await runtime.post<ServiceInfo>('/v1/services/code-server/stop')).body.data.state).toBe('stopped');
  });

  it('that are disabled can not be started, and stop is as good as done', async () => {
    await using runtime = await testRuntime(missing);
    for (const action of ['start', 'restart']) {
      const { status, body } = await runtime.post(`/v1/services/browser/${action}`);
      expect([status, body.message]).toEqual([503, expect.stringContaining('DISABLE_BROWSER')]);
    }
    expect((await runtime.post<ServiceInfo>('/v1/services/browser/stop')).body.data.state).toBe('disabled');
  });

  it.for(['nothing', 'Screen', 'screen%2f', '..', 'constructor'])('that are not there are refused: %s', async (name) => {
    await using runtime = await testRuntime();
    const { statusCode } = await runtime.app.inject({ url: `/v1/services/${name}` });
    expect([400, 404, 422]).toContain(statusCode);
  });

  it('are counted in the metrics', async () => {
    await using runtime = await testRuntime();
    const { body } = await runtime.app.inject({ url: '/metrics' });
    for (const metric of ['up', 'restarts_total', 'memory_bytes', 'cpu_seconds'])
      expect(body).toContain(`sandbox_service_${metric}{service="browser"} 0`);
    expect(body).toContain('# TYPE sandbox_service_start_seconds histogram');
  });
});
