import { ok } from '../../server/answers.ts';
import { authCommand } from './auth-command.ts';
import type { SandboxProxy } from './create-proxy.ts';
import { isHere } from './local-address.ts';
import { FORMS, refusedField } from './refused-field.ts';
import { startProblem } from './start-problem.ts';
import { parseUpstream, Upstream } from './upstream.ts';

/** What is set is whole and works, or what was before stays. */
export async function putUpstream(body: { server: string; auth_cmd?: string }, proxy: SandboxProxy) {
  const { rules, server, isOwnPort, commands } = proxy;
  const address = parseUpstream(body.server);
  if (address === undefined) throw refusedField('body', 'server', FORMS.server);
  if (isOwnPort(address.port) && isHere(address.host))
    throw refusedField('body', 'server', `must not be port ${address.port} of the sandbox itself`);
  const failed = (message: string) => ({ success: false, message: `${message} Nothing was changed.`, data: null });
  const problem = await startProblem(server);
  if (problem !== undefined) return failed(problem);
  const command = body.auth_cmd?.trim() ?? '';
  if (command === '') {
    rules.upstream = new Upstream(address);
    return ok(rules.upstream.describe());
  }
  const upstream = new Upstream({ ...address, credentials: undefined }, authCommand({ command, ...commands }));
  if (!(await upstream.refresh())) return failed(upstream.problem ?? 'The command for credentials failed.');
  rules.upstream = upstream;
  return ok(upstream.describe());
}
