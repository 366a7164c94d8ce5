import { randomBytes } from 'node:crypto';

const ACCEPTABLE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const PROCESS_BYTES = 9;

/** Ids for requests: the client's own where it is short and plain, else one that no other process makes. */
export function createRequestIds(): (given: string | undefined) => string {
  const prefix = randomBytes(PROCESS_BYTES).toString('base64url');
  let count = 0;
  return (given) => (given !== undefined && ACCEPTABLE.test(given) ? given : `r${prefix}-${(count++).toString(36)}`);
}
