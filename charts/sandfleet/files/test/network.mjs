import { connect } from 'node:net';

import { settings } from './settings.mjs';
import { exec } from './sandbox.mjs';

const SECONDS = 5;

/** Whether this pod, which no policy of sandfleet holds back, gets a connection. */
export function reachableFromHere({ host, port }) {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: SECONDS * 1000 });
    const finish = (reached) => {
      socket.destroy();
      resolve(reached);
    };
    socket.once('connect', () => finish(true));
    socket.once('timeout', () => finish(false));
    socket.once('error', () => finish(false));
  });
}

/** Whether code in the sandbox gets a connection. */
export async function reachableFrom(sandbox, token, { host, port }) {
  const output = await exec(sandbox, token, `timeout ${SECONDS} bash -c '</dev/tcp/${host}/${port}' 2>/dev/null; echo "reach=$?"`);
  const code = /reach=(\d+)/.exec(output)?.[1];
  if (code === undefined) throw new Error(`sandbox ${sandbox.id} could not try ${host}:${port}: ${output.slice(0, 500)}`);
  return code === '0';
}

export async function podAddress(sandbox, token) {
  const output = await exec(sandbox, token, 'hostname -i');
  const address = /[0-9a-fA-F:.]*[.:][0-9a-fA-F:.]+/.exec(output)?.[0];
  if (address === undefined) throw new Error(`sandbox ${sandbox.id} did not tell its address: ${output.slice(0, 500)}`);
  return address;
}

/**
 * Each connection that the policies of two sandboxes must cut and that was made all the same. Every target is known to
 * answer: a connection that fails for another reason would prove nothing.
 */
export async function openConnections(attacker, victim) {
  const victimPort = { host: await podAddress(victim.sandbox, victim.token), port: 8080 };
  if (!(await reachableFromHere(settings.kubernetes)))
    throw new Error('the Kubernetes API does not answer this pod, so nothing can be told about the sandboxes');
  if (!(await reachableFrom(attacker.sandbox, attacker.token, { host: '127.0.0.1', port: 8080 })))
    throw new Error('a sandbox does not reach its own port, so nothing can be told about the ports of others');
  const tries = [
    ['a sandbox reaches the Kubernetes API', reachableFrom(attacker.sandbox, attacker.token, settings.kubernetes)],
    ['a sandbox reaches the port of another sandbox', reachableFrom(attacker.sandbox, attacker.token, victimPort)],
    ['a pod that is not the gateway reaches the port of a sandbox', reachableFromHere(victimPort)],
  ];
  const results = await Promise.all(tries.map(async ([what, attempt]) => ({ what, open: await attempt })));
  return results.filter(({ open }) => open).map(({ what }) => what);
}

/** Some network plugins exempt the pod's own node from policies, as the NetworkPolicy specification lets them. */
export async function nodeIsOpen({ sandbox, token }) {
  const kubelet = { host: settings.nodeAddress, port: 10250 };
  return (await reachableFromHere(kubelet)) && reachableFrom(sandbox, token, kubelet);
}
