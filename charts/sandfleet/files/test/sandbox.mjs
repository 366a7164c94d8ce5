import { call, eventually, show } from './http.mjs';
import { settings } from './settings.mjs';

/** A sandbox made and driven as a client would: over REST and through the gateway. */
export async function createSandbox(key) {
  const created = await call(settings.api, { method: 'POST', path: '/v1/sandboxes', token: key, body: {} });
  if (created.status !== 201) throw new Error(`POST /v1/sandboxes answered ${show(created)}`);
  const { id, url } = created.body;
  if (!url) throw new Error(`sandbox ${id} has no url; set gateway.url or gateway.domain`);
  return { id, url: new URL(url) };
}

export function whenReady(key, { id }) {
  return eventually(`readiness of sandbox ${id}`, async () => {
    const answer = await call(settings.api, { path: `/v1/sandboxes/${id}`, token: key });
    return { done: answer.body.ready === true ? answer.body : undefined, seen: show(answer) };
  });
}

export async function mintToken(key, { id }) {
  const answer = await call(settings.api, { method: 'POST', path: `/v1/sandboxes/${id}/tokens`, token: key, body: {} });
  if (!answer.body.token) throw new Error(`POST /v1/sandboxes/${id}/tokens answered ${show(answer)}`);
  return answer.body.token;
}

/** A request at the sandbox's URL, by way of the gateway's Service. */
export function atSandbox({ url }, { path, ...options }) {
  return call(settings.gateway, { ...options, path: url.pathname.replace(/\/$/, '') + path, hostHeader: url.host });
}

/** The gateway's watch may be a moment behind the API's answer that the sandbox is ready. */
export function whenReachable(sandbox, token) {
  return eventually(`an answer of sandbox ${sandbox.id} through the gateway`, async () => {
    const answer = await atSandbox(sandbox, { path: '/v1/sandbox', token });
    return { done: answer.status === 200 ? answer : undefined, seen: show(answer) };
  });
}

export async function exec(sandbox, token, command) {
  const answer = await atSandbox(sandbox, { method: 'POST', path: '/v1/shell/exec', token, body: { command } });
  if (answer.status !== 200 || answer.body.success !== true) throw new Error(`/v1/shell/exec answered ${show(answer)}`);
  return answer.body.data.output;
}

export async function deleteSandbox(key, { id }) {
  const answer = await call(settings.api, { method: 'DELETE', path: `/v1/sandboxes/${id}`, token: key });
  if (answer.status !== 204 && answer.status !== 404) throw new Error(`DELETE /v1/sandboxes/${id} answered ${show(answer)}`);
}

export function whenGone(key, { id }) {
  return eventually(`the end of sandbox ${id}`, async () => {
    const answer = await call(settings.api, { path: `/v1/sandboxes/${id}`, token: key });
    return { done: answer.status === 404 ? true : undefined, seen: show(answer) };
  });
}
