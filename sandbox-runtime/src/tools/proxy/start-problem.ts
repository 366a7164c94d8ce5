import type { ForwardProxy } from './forward-proxy.ts';

/** Starts the proxy; what stands in the way, when it can't. A rule that nobody goes by would be told as set. */
export async function startProblem(server: ForwardProxy): Promise<string | undefined> {
  try {
    await server.start();
    return undefined;
  } catch {
    return `The proxy can’t listen: its port ${server.wantedPort} is taken.`;
  }
}
