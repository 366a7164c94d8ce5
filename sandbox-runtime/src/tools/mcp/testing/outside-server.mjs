/** An MCP server without anything but Node: what it does is told by the tool that is called. */
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const started = process.env['STARTED'];
if (started !== undefined) appendFileSync(started, `${process.pid}\n`);
let extra = false;
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const tool = (name) => ({ name, description: `does ${name}`, inputSchema: { type: 'object' } });
const text = (value) => ({ content: [{ type: 'text', text: String(value) }] });
const names = ['echo', 'environment', 'crash', 'grow', 'hang', 'slow', 'long', 'fail'];

const tools = {
  echo: (args) => text(JSON.stringify(args)),
  environment: ({ name }) => text(process.env[name] ?? 'none'),
  crash: () => {
    process.stderr.write('something broke\n');
    process.exit(7);
  },
  grow: () => {
    extra = true;
    setImmediate(() => send({ method: 'notifications/tools/list_changed' }));
    return text('grown');
  },
  long: () => text('x'.repeat(500_000)),
  fail: () => ({ ...text('no luck'), isError: true }),
};

process.stdout.write('this line is no message\n');
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === 'notifications/cancelled') appendFileSync(started, 'cancelled\n');
  if (id === undefined) return;
  if (method === 'initialize')
    return send({
      id,
      result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'o', version: '1' } },
    });
  if (method === 'tools/list') return send({ id, result: { tools: [...names, ...(extra ? ['more'] : [])].map(tool) } });
  if (params.name === 'hang') return undefined;
  if (params.name === 'slow') {
    const progressToken = params._meta?.progressToken;
    if (progressToken !== undefined)
      send({ method: 'notifications/progress', params: { progressToken, progress: 1, message: 'half' } });
    return setTimeout(() => send({ id, result: text('done') }), 50);
  }
  return send({ id, result: tools[params.name](params.arguments) });
});
