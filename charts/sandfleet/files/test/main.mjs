/** helm test: the whole way from an API key to a command in a sandbox, and whether the cluster enforces network policies. */
import { mintApiKey } from './api-key.mjs';
import { call, eventually, show } from './http.mjs';
import { nodeIsOpen, openConnections } from './network.mjs';
import { atSandbox, createSandbox, deleteSandbox, exec, mintToken, whenGone, whenReachable, whenReady } from './sandbox.mjs';
import { settings } from './settings.mjs';

const say = (line) => console.log(line);

async function step(what, action) {
  try {
    const result = await action();
    say(`ok      ${what}`);
    return result;
  } catch (error) {
    throw new Error(`${what}: ${error.message}`);
  }
}

const answers = (server, path) =>
  eventually(`200 from ${path}`, async () => {
    const answer = await call(server, { path });
    return { done: answer.status === 200 ? answer : undefined, seen: show(answer) };
  });

function expectStatus(answer, status) {
  if (answer.status !== status) throw new Error(`expected ${status}, got ${show(answer)}`);
}

async function start(key) {
  const sandbox = await createSandbox(key);
  return { sandbox, token: await mintToken(key, sandbox) };
}

async function checkNetwork(attacker, victim) {
  const open = await openConnections(attacker, victim);
  if (open.length > 0) {
    say('\n*** SANDBOXES ARE NOT ISOLATED: THIS CLUSTER DOES NOT ENFORCE THEIR NETWORK POLICIES ***');
    for (const what of open) say(`*** ${what} ***`);
    say('*** Install a network plugin that enforces NetworkPolicy (Cilium, Calico, or a recent kindnet). Where there is one,');
    say('*** look for another policy that selects the sandboxes too: what one policy allows, no other can forbid.\n');
    throw new Error('connections that the policies forbid were made');
  }
  if (await nodeIsOpen(attacker))
    say("warning a sandbox reaches its node's kubelet: this network plugin exempts the node from policies, so guard its ports");
}

async function checkSandboxes(key, made) {
  const first = await step('a sandbox is made over REST', () => start(key));
  made.push(first.sandbox);
  const second = await step('so is another', () => start(key));
  made.push(second.sandbox);
  await step('both become ready', () => Promise.all(made.map((sandbox) => whenReady(key, sandbox))));
  await step('both answer through the gateway', () => Promise.all([first, second].map(({ sandbox, token }) => whenReachable(sandbox, token))));
  await step('a command runs', async () => {
    const output = await exec(first.sandbox, first.token, 'echo sandfleet-$((6 * 7))');
    if (!output.includes('sandfleet-42')) throw new Error(`unexpected output: ${output.slice(0, 500)}`);
  });
  await step('no token, no way in', async () => expectStatus(await atSandbox(first.sandbox, { path: '/v1/sandbox' }), 401));
  await step("another sandbox's token is refused", async () =>
    expectStatus(await atSandbox(first.sandbox, { path: '/v1/sandbox', token: second.token }), 403),
  );
  await step('network policies are enforced', () => checkNetwork(first, second));
  await step('sandboxes are deleted', () => Promise.all(made.map((sandbox) => deleteSandbox(key, sandbox))));
  await step('and gone', () => Promise.all(made.map((sandbox) => whenGone(key, sandbox))));
}

async function main() {
  await step('the api publishes its keys', () => answers(settings.api, '/.well-known/jwks.json'));
  const { key, revoke } = await step('an API key is made', mintApiKey);
  const made = [];
  try {
    await checkSandboxes(key, made);
  } finally {
    // Also after a failure nothing stays behind; a sandbox that is gone already answers 404, which is fine.
    const ends = await Promise.allSettled(made.map((sandbox) => deleteSandbox(key, sandbox)));
    for (const { reason } of ends.filter(({ status }) => status === 'rejected')) say(`warning ${reason.message}`);
    await step('the API key is revoked', revoke);
  }
  say('all is well');
}

main().catch((error) => {
  say(`FAILED  ${error.message}`);
  process.exitCode = 1;
});
