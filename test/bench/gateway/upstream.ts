import { createHash } from 'node:crypto';
import { createServer } from 'node:net';

import { publish } from './child.ts';

export const BIG_BYTES = 1024 * 1024;

const small = Buffer.from(
  'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 41\r\nDate: Sat, 21 Nov 2026 00:00:00 GMT\r\n\r\n' +
    '{"success":true,"message":"","data":null}',
);
const big = Buffer.concat([
  Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: ${BIG_BYTES}\r\n\r\n`),
  Buffer.alloc(BIG_BYTES, 'a'),
]);

/** The cheapest server there can be, so that what is measured is the proxy: fixed answers, WebSockets that say nothing. */
const server = createServer((socket) => {
  socket.setNoDelay(true).on('error', () => socket.destroy());
  let text = '';
  socket.on('data', (data) => {
    text += data.toString('latin1');
    for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
      const head = text.slice(0, end);
      text = text.slice(end + 4);
      socket.write(answerTo(head));
    }
  });
});

function answerTo(head: string): Buffer {
  const key = /^sec-websocket-key: *(.+)$/im.exec(head)?.[1];
  if (key === undefined) return head.includes('/big ') ? big : small;
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  return Buffer.from(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
}

server.listen(0, '127.0.0.1', () => publish(server));
