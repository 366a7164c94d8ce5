import { UsageError } from './usage-error.ts';

/** Where the sandbox is: a URL, or a UNIX socket that asks for no credential. */
export type Address =
  | { readonly kind: 'socket'; readonly path: string; readonly shown: string }
  | { readonly kind: 'url'; readonly base: string; readonly shown: string };

const DEFAULT_URL = 'http://127.0.0.1:8080';

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a socket is there. */
  isSocket(path: string): boolean;
  defaultSocket(): string;
}

export function addressOf(given: string | undefined, { env, isSocket, defaultSocket }: Surroundings): Address {
  const said = given ?? (env['AIO_API_URL'] || undefined);
  if (said !== undefined) return readAddress(said);
  const socket = [env['SANDFLEET_SOCKET'], defaultSocket()].find((path) => path !== undefined && path !== '' && isSocket(path));
  return socket === undefined ? readAddress(DEFAULT_URL) : { kind: 'socket', path: socket, shown: socket };
}

function readAddress(text: string): Address {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length).replace(/^\/\/(?=\/)/, '');
    return { kind: 'socket', path, shown: path };
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new UsageError(`${JSON.stringify(text)} is no address: write http://HOST:PORT or unix:///PATH`);
  const base = `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  return { kind: 'url', base, shown: base };
}
