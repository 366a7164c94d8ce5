import type { Answer } from './send.ts';

export const EXIT = { ok: 0, refused: 1, usage: 2, unreachable: 3, notAllowed: 4 } as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];

/** What became of a call. */
export type Outcome =
  | { readonly kind: 'bytes'; readonly content: Buffer; readonly contentType: string }
  | { readonly kind: 'data'; readonly data: unknown; readonly hint: string | undefined }
  | { readonly kind: 'failure'; readonly exit: Exit; readonly message: string; readonly data: unknown };

interface Envelope {
  readonly success?: boolean;
  readonly message?: string;
  readonly data?: unknown;
  readonly hint?: string | null;
  readonly detail?: readonly { readonly loc?: readonly unknown[]; readonly msg?: string }[];
}

export function outcomeOf(answer: Answer, isWhole: boolean): Outcome {
  const { status, contentType, content } = answer;
  if (status >= 200 && status < 300) {
    if (!/^application\/json\b/i.test(contentType)) return { kind: 'bytes', content, contentType };
    const envelope = read(content);
    if (envelope.success === false) return failure(1, envelope);
    const { success: _, message: __, ...whole } = envelope;
    return { kind: 'data', data: isWhole ? whole : envelope.data, hint: envelope.hint ?? undefined };
  }
  const envelope = read(content);
  const told =
    envelope.message === undefined && envelope.detail === undefined ? { message: `The answer is ${status}.` } : envelope;
  return failure(exitOf(status), told);
}

function exitOf(status: number): Exit {
  if (status === 401 || status === 403) return EXIT.notAllowed;
  if (status === 400 || status === 422) return EXIT.usage;
  // A proxy in front says so of a sandbox that is not there.
  return status === 502 || status === 504 ? EXIT.unreachable : EXIT.refused;
}

function failure(exit: Exit, { message, detail, data }: Envelope): Outcome {
  const fields = Array.isArray(detail)
    ? detail.map(({ loc = [], msg = '' }) => `${loc.slice(1).join('.') || 'body'}: ${msg}`)
    : [];
  return { kind: 'failure', exit, message: fields.length > 0 ? fields.join('\n') : (message ?? 'It failed.'), data };
}

/** What a proxy answers may be anything. */
function read(content: Buffer): Envelope {
  try {
    const value: unknown = JSON.parse(content.toString());
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
