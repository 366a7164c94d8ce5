/** An MCP server without anything but Node: what it does is told by the tool that is called. */
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const started = process.env['STARTED'];
if (started !== undefined) appendFileSync(started, `${process.pid}\n`);
let extra = false;
let lists = 0;
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const tool = (name) => ({ name, description: `does ${name}`, inputSchema: { type: 'object' } });
const text = (value) => ({ content: [{ type: 'text', text: String(value) }] });
const names = ['echo', 'environment', 'crash', 'grow', 'hang', 'slow', 'long', 'fail', 'many', 'stuck', 'flood', 'lists'];

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
  many: () => ({
    content: [
      ...Array.from({ length: 5 }, () => ({ type: 'text', text: 'x'.repeat(4000) })),
      { type: 'resource', resource: { uri: 'test://a', text: 'y'.repeat(50_000) } },
    ],
  }),
  stuck: () => {
    for (;;);
  },
  flood: () => {
    for (let at = 0; at < 500; at += 1) send({ method: 'notifications/tools/list_changed' });
    return text('told');
  },
  lists: () => text(lists),
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
  if (method === 'tools/list') {
    lists += 1;
    const tools = [...names, ...(extra ? ['more'] : [])].map(tool);
    const big = process.env['BIG'] === undefined ? [] : [{ ...tool('big'), description: 'x'.repeat(5 * 1024 * 1024) }];
    return send({ id, result: { tools: [...tools, ...big] } });
  }
  if (params.name === 'hang') return undefined;
  if (params.name === 'slow') {
    const progressToken = params._meta?.progressToken;
    if (progressToken !== undefined)
      send({ method: 'notifications/progress', params: { progressToken, progress: 1, message: 'half' } });
    return setTimeout(() => send({ id, result: text('done') }), 50);
  }
  return send({ id, result: tools[params.name](params.arguments) });
});
