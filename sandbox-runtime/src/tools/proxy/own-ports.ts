/**
 * Ports of the sandbox's own services. Requests of web pages come through the proxy, under names that their authors may point
 * anywhere: none may reach the API, DevTools or an editor that trusts whoever connects from inside.
 *
 * `listening`: asked each time, for a port that was left to the system. Paths of UNIX sockets are out of reach anyway.
 */
export function ownPorts(
  listening: () => readonly number[],
  configured: readonly (number | string)[],
): (port: number) => boolean {
  const fixed = new Set(configured.filter((port) => port !== 0));
  return (port) => fixed.has(port) || listening().includes(port);
}
