import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { settings } from './settings.mjs';

/**
 * One request; the answer's body is parsed where it is JSON. `hostHeader` is for the gateway, which knows sandboxes by the host
 * of their public URL while this test connects to its Service.
 */
export function call(server, { method = 'GET', path, token, body, hostHeader, timeoutMs = 60_000 }) {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    connection: 'close',
    ...(token && { authorization: `Bearer ${token}` }),
    ...(payload && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
    ...(hostHeader && { host: hostHeader }),
  };
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const outgoing = request({ ...server, method, path, headers, signal }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode, body: parse(Buffer.concat(chunks).toString()) }));
    });
    outgoing.on('error', (error) => reject(new Error(`${method} ${server.host}:${server.port}${path}: ${error.message}`)));
    outgoing.end(payload);
  });
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export const show = ({ status, body }) => `${status} ${typeof body === 'string' ? body.slice(0, 500) : JSON.stringify(body)}`;

/** Tries again every second until `probe` gives something; says what it saw last when the test's time is over. */
export async function eventually(what, probe) {
  let last = 'nothing was tried';
  while (Date.now() < settings.deadline) {
    try {
      const { done, seen } = await probe();
      if (done !== undefined) return done;
      last = seen;
    } catch (error) {
      last = error.message;
    }
    await sleep(1000);
  }
  throw new Error(`${what} did not happen in time; last: ${last}`);
}
