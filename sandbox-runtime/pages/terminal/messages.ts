/** What the server of the terminal sends. */
export type ServerMessage =
  | { readonly type: 'session_id' | 'ready' | 'output' | 'error'; readonly data: string }
  | { readonly type: 'ping'; readonly timestamp: number };

const TEXTS = ['session_id', 'ready', 'output', 'error'] as const;

/** Reads one frame; undefined for what a newer server may send. */
export function readMessage(frame: unknown): ServerMessage | undefined {
  if (typeof frame !== 'string') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('type' in value)) return undefined;
  if (value.type === 'ping') return { type: 'ping', timestamp: timestampOf(value) };
  const type = TEXTS.find((text) => text === value.type);
  if (type === undefined || !('data' in value) || typeof value.data !== 'string') return undefined;
  return { type, data: value.data };
}

/** Servers of the protocol have it in one of two places. */
function timestampOf(value: object): number {
  const candidates = ['timestamp' in value ? value.timestamp : undefined, 'data' in value ? value.data : undefined];
  return candidates.find((candidate) => typeof candidate === 'number') ?? 0;
}
