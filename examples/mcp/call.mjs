// MCP without a client library: a plain POST for each call, which any language can send. The hub answers with plain JSON.
const { SANDBOX_BASE_URL: base, SANDBOX_TOKEN: token } = process.env;
if (!base) {
  console.error('SANDBOX_BASE_URL is not set; run the example through examples/with-sandbox, or give a sandbox URL');
  process.exit(2);
}

async function request(method, params) {
  const response = await fetch(`${base.replace(/\/$/, '')}/mcp`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ method, ...(params && { params }) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method}: ${response.status} ${text}`);
  const result = JSON.parse(text);
  if (result.error) throw new Error(`${method}: ${JSON.stringify(result.error)}`);
  return result;
}

const call = (name, args) => request('tools/call', { name, arguments: args ?? {} });
const expect = (isTrue, what) => {
  if (!isTrue) throw new Error(what);
};

const { tools } = await request('tools/list');
console.log(`tools: ${tools.length}, of them ${tools.filter(({ name }) => name.startsWith('browser_')).length} of the browser`);

const folder = `/tmp/mcp-${Date.now().toString(36)}`;
const page = '<title>Ferry</title><h1>Ferry</h1><p>Leaves at <b>noon</b>.</p>';
await call('file_write', { path: `${folder}/index.html`, content: page });
// The browser may open the sandbox's own files; a page of the web is reached in the same way.
await call('browser_navigate', { url: `file://${folder}/index.html` });
const { text } = await call('browser_extract');
expect(text.includes('noon'), `the page reads: ${text}`);

await call('file_write', { path: `${folder}/content.txt`, content: text });
const read = await call('file_read', { path: `${folder}/content.txt` });
expect(read.text === text, `the file reads: ${read.text}`);
console.log(`page: ${JSON.stringify(read.text)}`);

const markdown = await call('markitdown_convert', { uri: `file://${folder}/index.html` });
expect(markdown.text.includes('**noon**'), `the Markdown reads: ${markdown.text}`);
console.log(`markdown: ${JSON.stringify(markdown.text)}`);

const shell = await call('terminal_execute', { command: `wc -c < ${folder}/content.txt; rm -r ${folder}` });
expect(Number(shell.text) === Buffer.byteLength(text), `the shell wrote: ${shell.text}`);
console.log(`shell: ${shell.text.trim()} bytes`);
