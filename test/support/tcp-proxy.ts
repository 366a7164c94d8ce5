import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Carries connections to a port of the loopback address, to break them on purpose. TLS passes through untouched. */
export class TcpProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #mode: 'open' | 'refusing' | 'silent' = 'open';

  constructor(targetPort: number) {
    this.#server = createServer((incoming) => this.#accept(incoming, targetPort));
  }

  static async start(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort);
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#sockets.size / 2;
  }

  /** Breaks all connections and lets none in. */
  cut(): void {
    this.#mode = 'refusing';
    this.#breakAll();
  }

  /** Lets no byte through any more, in either direction, and says nothing: as a firewall that forgot the connections. */
  freeze(): void {
    this.#mode = 'silent';
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.pause();
    }
  }

  /** As new: what was cut or frozen is broken off. */
  restore(): void {
    this.#mode = 'open';
    this.#breakAll();
  }

  async close(): Promise<void> {
    this.#breakAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(incoming: Socket, targetPort: number): void {
    incoming.on('error', () => undefined);
    if (this.#mode === 'refusing') return void incoming.destroy();
    this.#keep(incoming);
    if (this.#mode === 'silent') return void incoming.pause();
    const outgoing = connect(targetPort, '127.0.0.1');
    outgoing.on('error', () => incoming.destroy());
    this.#keep(outgoing);
    incoming.on('close', () => outgoing.destroy());
    outgoing.on('close', () => incoming.destroy());
    incoming.pipe(outgoing);
    outgoing.pipe(incoming);
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #breakAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
