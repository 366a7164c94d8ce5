/** Why a request is not passed on; what its client is told. */
export class ProxyError extends Error {
  readonly status: 400 | 403 | 405 | 502 | 504;

  constructor(status: ProxyError['status'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.name = 'ProxyError';
  }
}

const MEANINGS: Readonly<Record<string, readonly [status: 502 | 504, meaning: string]>> = {
  ENOTFOUND: [502, 'the name is not known'],
  EAI_AGAIN: [502, 'the name could not be looked up'],
  ECONNREFUSED: [502, 'nothing listens there'],
  ECONNRESET: [502, 'the connection was closed'],
  EHOSTUNREACH: [502, 'there is no way to it'],
  ENETUNREACH: [502, 'there is no way to it'],
  ETIMEDOUT: [504, 'it did not answer in time'],
};

/** In words, with the address that was tried; an answer that broke HTTP is told as such. */
export function toProxyError(error: unknown, address: string): ProxyError {
  if (error instanceof ProxyError) return error;
  const code = codeOf(error);
  const [status, meaning] = MEANINGS[code] ?? [502, code.startsWith('HPE_') ? 'the answer is no proper HTTP' : 'it failed'];
  return new ProxyError(status, `${address} can’t be reached: ${meaning} (${code}).`, { cause: error });
}

/** Where several addresses were tried, the first failure speaks for all. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return (error as NodeJS.ErrnoException | undefined)?.code ?? 'error';
}
