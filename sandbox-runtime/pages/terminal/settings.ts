export const THEMES = ['dark', 'light'] as const;
export type Theme = (typeof THEMES)[number];

/** Programs that the page may start by its URL: others must not be started by following a link. */
export const PROGRAMS = ['codex', 'opencode'] as const;
export type Program = (typeof PROGRAMS)[number];

export const FONT_SIZES = { least: 8, most: 32, otherwise: 14 } as const;

/** What the page's URL says. It is all that the page remembers: one in a sandboxed frame has no storage. */
export interface Settings {
  readonly sessionId: string | undefined;
  /** Opens the first socket. */
  readonly ticket: string | undefined;
  /** The system's choice when left out. */
  readonly theme: Theme | undefined;
  readonly fontSize: number;
  readonly program: Program | undefined;
  readonly isForReader: boolean;
}

export function readSettings(href: string): Settings {
  const query = new URL(href).searchParams;
  const text = (name: string): string | undefined => query.get(name) || undefined;
  const size = Number(text('font_size'));
  const { least, most, otherwise } = FONT_SIZES;
  return {
    sessionId: text('session_id'),
    ticket: text('ticket'),
    theme: THEMES.find((theme) => theme === text('theme')),
    fontSize: Number.isFinite(size) && size > 0 ? Math.min(most, Math.max(least, size)) : otherwise,
    program: PROGRAMS.find((program) => program === text('start')),
    isForReader: ['1', 'true'].includes(text('screen_reader') ?? ''),
  };
}

/** The page's URL with other values; an undefined one is taken out. */
export function withParameters(href: string, values: Readonly<Record<string, string | undefined>>): string {
  const url = new URL(href);
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  return url.href;
}

/** Where the socket is: the page is at `terminal/` below the sandbox's root, whatever that root is behind a gateway. */
export function socketUrl(href: string, { sessionId, ticket }: Partial<Pick<Settings, 'sessionId' | 'ticket'>>): string {
  const page = new URL(href);
  const socket = new URL('../v1/shell/ws', `${page.origin}${page.pathname}`);
  socket.protocol = page.protocol === 'https:' ? 'wss:' : 'ws:';
  if (sessionId !== undefined) socket.searchParams.set('session_id', sessionId);
  if (ticket !== undefined) socket.searchParams.set('ticket', ticket);
  return socket.href;
}
