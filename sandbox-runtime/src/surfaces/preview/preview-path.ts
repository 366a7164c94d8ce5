/** A preview that is named in the path. */
export interface PathPreview {
  readonly port: number;
  /** Path for the program. */
  readonly path: string;
  /** What was taken from the path; nothing under /absproxy. */
  readonly prefix: string;
}

const PATH = /^\/(abs)?proxy\/([1-9][0-9]{0,4})(\/.*)?$/;
const MAX_PORT = 65_535;

/**
 * Reads `/proxy/{port}/…` and `/absproxy/{port}/…` off the path as it was sent: undefined where a port is spelled in another way
 * than the one, or anything before it is escaped, so nobody on the way can have read another port.
 */
export function readPathPreview(path: string): PathPreview | undefined {
  const match = PATH.exec(path);
  if (match === null) return undefined;
  const [, abs, digits = '', rest = ''] = match;
  const port = Number(digits);
  if (port > MAX_PORT) return undefined;
  if (abs !== undefined) return { port, path, prefix: '' };
  return { port, path: rest === '' ? '/' : rest, prefix: `/proxy/${digits}` };
}
