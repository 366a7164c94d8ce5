import { SERVICE_NAMES, type Service, type ServiceName, type Services } from './service.ts';

/** Starts services before anybody asks for them; resolves when each has come up, or has failed for the first time. */
export async function warmServices(services: Services, names: readonly (ServiceName | 'all')[]): Promise<void> {
  const wanted = names.includes('all') ? SERVICE_NAMES : SERVICE_NAMES.filter((name) => names.includes(name));
  await Promise.all(wanted.map((name) => warm(services.get(name))));
}

function warm(service: Service): Promise<void> {
  return new Promise((resolve) => {
    const listen = () => {
      if (service.state() === 'starting') return;
      leave();
      resolve();
    };
    const leave = service.onState(listen);
    service.warm();
    listen();
  });
}
