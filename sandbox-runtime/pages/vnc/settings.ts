/** What the page's URL says, by the names that noVNC gave these parameters. */
export interface Settings {
  readonly autoconnect: boolean;
  readonly reconnect: boolean;
  readonly reconnectDelayMs: number;
  readonly socketUrl: string;
  readonly password: string | undefined;
  readonly viewOnly: boolean;
  readonly resize: 'off' | 'scale' | 'remote';
  readonly viewClip: boolean;
  readonly shared: boolean;
  readonly bell: boolean;
  readonly showDot: boolean;
  readonly quality: number;
  readonly compression: number;
  readonly logging: 'none' | 'error' | 'warn' | 'info' | 'debug';
}

const YES = new Set(['true', '1', 'yes', 'on', '']);
const LEVELS = ['none', 'error', 'warn', 'info', 'debug'] as const;
const SIZES = ['off', 'scale', 'remote'] as const;
/** The seconds that a person takes to see what the status says. */
const RECONNECT_MS = 5000;

/** Reads the parameters of the page's URL; those behind `#`, which no server sees, go before those behind `?`. */
export function readSettings(href: string): Settings {
  const url = new URL(href);
  const query = url.searchParams;
  const hash = new URLSearchParams(url.hash.slice(1));
  const text = (name: string): string | undefined => hash.get(name) ?? query.get(name) ?? undefined;
  const flag = (name: string, otherwise: boolean): boolean => {
    const value = text(name);
    return value === undefined ? otherwise : YES.has(value.toLowerCase());
  };
  const viewOnly = flag('view_only', false);
  return {
    autoconnect: flag('autoconnect', true),
    reconnect: flag('reconnect', true),
    reconnectDelayMs: within(text('reconnect_delay'), { least: 100, most: 600_000, otherwise: RECONNECT_MS }),
    socketUrl: socketUrl(url, { text, flag, viewOnly }),
    password: text('password'),
    viewOnly,
    resize: oneOf(SIZES, text('resize')) ?? 'scale',
    viewClip: flag('view_clip', false),
    shared: flag('shared', true),
    bell: flag('bell', true),
    showDot: flag('show_dot', false),
    quality: within(text('quality'), { least: 0, most: 9, otherwise: 6 }),
    compression: within(text('compression'), { least: 0, most: 9, otherwise: 2 }),
    logging: oneOf(LEVELS, text('logging')) ?? 'warn',
  };
}

interface Reading {
  text(name: string): string | undefined;
  flag(name: string, otherwise: boolean): boolean;
  readonly viewOnly: boolean;
}

/**
 * Where the socket is. The page is at `vnc/index.html` below the sandbox's root, whatever that root is behind a gateway, and the
 * path counts from there.
 */
function socketUrl(page: URL, { text, flag, viewOnly }: Reading): string {
  const isSecure = flag('encrypt', page.protocol === 'https:');
  const root = new URL('..', `${page.origin}${page.pathname}`);
  root.protocol = isSecure ? 'wss:' : 'ws:';
  const host = text('host');
  const port = text('port');
  const elsewhere = host !== undefined && host !== '';
  if (elsewhere) root.host = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  if (elsewhere) root.pathname = '/';
  if (port !== undefined) root.port = port;
  const socket = new URL(text('path') ?? 'websockify', root);
  // The server holds to it, too; and the page's own ticket opens its socket where the path has none, and is told to nobody else.
  if (viewOnly) socket.searchParams.set('view_only', '1');
  const ticket = page.searchParams.get('ticket');
  if (ticket !== null && socket.host === page.host && !socket.searchParams.has('ticket'))
    socket.searchParams.set('ticket', ticket);
  return socket.href;
}

function within(
  value: string | undefined,
  { least, most, otherwise }: { least: number; most: number; otherwise: number },
): number {
  const number = Number(value);
  return value === undefined || value === '' || !Number.isFinite(number) ? otherwise : Math.min(most, Math.max(least, number));
}

const oneOf = <T extends string>(words: readonly T[], value: string | undefined): T | undefined =>
  words.find((word) => word === value?.toLowerCase());
