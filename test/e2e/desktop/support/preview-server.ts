/** A program of the sandbox that needs nothing but Node: a page whose script shows what its own server's WebSocket sends back. */
export const ECHO_PAGE_SERVER = String.raw`
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

const PAGE = '<!doctype html><title>Preview</title><h1>Preview</h1><p id="out">nothing yet</p><script>' +
  "const url = new URL('socket', location.href); url.protocol = url.protocol.replace('http', 'ws');" +
  "const socket = new WebSocket(url); socket.onopen = () => socket.send('hello');" +
  "socket.onmessage = ({ data }) => (document.querySelector('#out').textContent = data);" +
  "socket.onclose = ({ code }) => (document.querySelector('#out').textContent += ' closed ' + code);</script>";

const server = createServer((request, response) => {
  response.setHeader('content-type', 'text/html');
  response.end(request.url.endsWith('/health') ? 'well' : PAGE);
});
server.on('upgrade', (request, socket) => {
  const key = request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
  const accept = createHash('sha1').update(key).digest('base64');
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ' + accept + '\r\n\r\n');
  let held = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (data) => {
    held = Buffer.concat([held, data]);
    const size = held.length < 2 ? 0 : held[1] & 127;
    if (held.length < 2 || held.length < 6 + size) return;
    const isText = (held[0] & 15) === 1;
    const mask = held.subarray(2, 6);
    const text = held.subarray(6, 6 + size).map((byte, index) => byte ^ mask[index % 4]);
    held = held.subarray(6 + size);
    if (!isText) return socket.end();
    const answer = Buffer.concat([Buffer.from('echo of '), text]);
    socket.write(Buffer.concat([Buffer.from([0x81, answer.length]), answer]));
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1');
`;
