import { servicesContract, type ServiceInfo } from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';

import { ok } from '../../server/answers.ts';
import { measureServices } from '../../services/service-metrics.ts';
import { usageOf } from '../../services/service-usage.ts';
import { SERVICE_NAMES, type Service } from '../../services/service.ts';
import type { Tool, ToolContext } from '../../tool.ts';

export function servicesTool({ app, services, metrics }: ToolContext): Tool {
  measureServices(services, metrics);
  const start = async (service: Service, signal: AbortSignal) => {
    const lease = await service.lease(signal);
    lease.release();
    return ok(await infoOf(service));
  };
  implement(app, servicesContract, {
    services_list: async () => ok(await Promise.all(SERVICE_NAMES.map((name) => infoOf(services.get(name))))),
    services_get: async ({ params }) => ok(await infoOf(services.get(params.name))),
    services_start: ({ params }, { signal }) => start(services.get(params.name), signal),
    services_stop: async ({ params }) => {
      const service = services.get(params.name);
      await service.stop();
      return ok(await infoOf(service));
    },
    services_restart: async ({ params }, { signal }) => {
      const service = services.get(params.name);
      await service.stop();
      return start(service, signal);
    },
  });
  // The server ends the services itself, after all tools.
  return { contract: servicesContract, close: async () => {} };
}

async function infoOf(service: Service): Promise<ServiceInfo> {
  const { state, pid, restarts, lastExit, runningSince, idleSeconds } = service.status();
  const { memoryBytes } = await usageOf(service.family());
  return {
    name: service.name,
    state,
    ...(pid === undefined ? {} : { pid }),
    restarts,
    ...(lastExit === undefined ? {} : { last_exit: exitOf(lastExit) }),
    ...(runningSince === undefined ? {} : { running_since: runningSince.toISOString() }),
    ...(idleSeconds === undefined ? {} : { idle_seconds: idleSeconds }),
    memory_bytes: memoryBytes,
  };
}

const exitOf = ({ code, signal, reason, at }: NonNullable<ReturnType<Service['status']>['lastExit']>) => ({
  ...(typeof code === 'number' ? { code } : {}),
  ...(typeof signal === 'string' ? { signal } : {}),
  reason,
  at: at.toISOString(),
});
