export interface TicketQuery {
  /** The first ticket; undefined when there is none. */
  readonly ticket: string | undefined;
  /** The query without any ticket, other bytes as sent; with its question mark, or empty. */
  readonly query: string;
}

const PARAMETER = 'ticket';

/** Takes every `ticket` parameter out of a query, also one whose name is escaped: a ticket never reaches a sandbox. */
export function takeTicket(query: string): TicketQuery {
  if (query === '' || (!query.includes(PARAMETER) && !query.includes('%'))) return { ticket: undefined, query };
  let ticket: string | undefined;
  const kept: string[] = [];
  for (const part of query.slice(1).split('&')) {
    const equals = part.indexOf('=');
    if (decode(equals < 0 ? part : part.slice(0, equals)) !== PARAMETER) {
      kept.push(part);
      continue;
    }
    ticket ??= equals < 0 ? '' : decode(part.slice(equals + 1));
  }
  if (ticket === undefined) return { ticket, query };
  return { ticket, query: kept.length === 0 ? '' : `?${kept.join('&')}` };
}

function decode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
