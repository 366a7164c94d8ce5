import { connect, type Socket } from 'node:net';

export interface LoadOptions {
  readonly port: number;
  readonly path: string;
  readonly token: string;
  readonly connections: number;
  readonly seconds: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  readonly bytes: number;
  /** In milliseconds, sorted. */
  readonly latencies: readonly number[];
}

/** Sends the next request of a connection when its answer is complete, for so long. Answers are read by their length alone. */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const latencies: number[] = [];
  const count = { bytes: 0 };
  const startedAt = performance.now();
  const end = startedAt + options.seconds * 1000;
  const connections = Array.from({ length: options.connections }, () => drive(options, end, latencies, count));
  await Promise.all(connections);
  return {
    requests: latencies.length,
    seconds: (performance.now() - startedAt) / 1000,
    bytes: count.bytes,
    latencies: latencies.toSorted((a, b) => a - b),
  };
}

function drive({ port, path, token }: LoadOptions, end: number, latencies: number[], count: { bytes: number }): Promise<void> {
  const headers = `Host: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\nUser-Agent: bench\r\nAccept: */*\r\n`;
  const request = Buffer.from(`GET ${path} HTTP/1.1\r\n${headers}\r\n`);
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, '127.0.0.1');
    let sentAt = 0;
    let head = '';
    let left = -1;
    const next = () => {
      sentAt = performance.now();
      socket.write(request);
    };
    socket.setNoDelay(true).on('connect', next).on('error', reject);
    socket.on('data', (data) => {
      count.bytes += data.length;
      if (left < 0) {
        head += data.toString('latin1');
        const split = head.indexOf('\r\n\r\n');
        if (split < 0) return;
        if (!head.startsWith('HTTP/1.1 200')) return reject(new Error(`unexpected answer: ${head.slice(0, 200)}`));
        left = Number(/content-length: (\d+)/i.exec(head)?.[1]) - (head.length - split - 4);
        head = '';
      } else left -= data.length;
      if (left > 0) return;
      left = -1;
      latencies.push(performance.now() - sentAt);
      if (performance.now() < end) return next();
      socket.destroy();
      return resolve();
    });
  });
}
