import { connect, type Socket } from 'node:net';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** Opens WebSockets and leaves them alone; gives back how to close them. */
export async function openIdle(
  count: number,
  { port, token, path }: { port: number; token: string; path: string },
): Promise<() => void> {
  const sockets: Socket[] = [];
  for (let i = 0; i < count; i += 100) {
    const batch = Array.from({ length: Math.min(100, count - i) }, () => open(port, token, path));
    sockets.push(...(await Promise.all(batch)));
  }
  return () => {
    for (const socket of sockets) socket.destroy();
  };
}

function open(port: number, token: string, path: string): Promise<Socket> {
  const head =
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\nAuthorization: Bearer ${token}\r\n\r\n`;
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(head));
    socket.on('error', reject);
    socket.once('data', (data) => {
      const text = data.toString('latin1');
      if (text.startsWith('HTTP/1.1 101')) resolve(socket);
      else reject(new Error(`no WebSocket: ${text.slice(0, 200)}`));
    });
  });
}
