import { connect } from 'node:net';

/** One that takes no connection this long takes none. */
const CONNECT_MS = 1000;

/** Whether something takes connections there: on a port of a loopback address, or at the path of a socket. */
export function isListening(where: number | string, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const place = typeof where === 'number' ? { port: where, host } : { path: where };
    const socket = connect({ ...place, timeout: CONNECT_MS });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
    socket.once('timeout', () => settle(false));
  });
}
