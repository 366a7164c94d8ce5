import { readFile } from 'node:fs/promises';

import type { Cookie } from './setup.ts';

const COOKIE = 'MIT-MAGIC-COOKIE-1';
/** Family of an entry that is good for every address. */
const WILD = 65_535;
const LOCAL = 256;

/** The cookie that a file of X authorities has for a display of this machine; undefined when there is none. */
export function findCookie(file: Buffer, display: string): Cookie | undefined {
  let at = 0;
  // Every string is led by its length in big-endian order, whatever the machine's is.
  const next = (): Buffer => {
    const length = file.readUInt16BE(at);
    at += 2 + length;
    if (at > file.length) throw new RangeError('the file ends early');
    return file.subarray(at - length, at);
  };
  try {
    while (at < file.length) {
      const family = file.readUInt16BE(at);
      at += 2;
      const [, number, name, data] = [next(), next(), next(), next()];
      const isOurs = family === WILD || family === LOCAL;
      const isDisplay = number.length === 0 || number.toString('latin1') === display;
      if (isOurs && isDisplay && name.toString('latin1') === COOKIE) return { name: COOKIE, data };
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return undefined;
}

/** @param display number of the display, without colon or screen */
export async function readCookie(path: string | undefined, display: string): Promise<Cookie | undefined> {
  if (path === undefined || path === '') return undefined;
  const file = await readFile(path).catch(() => undefined);
  return file === undefined ? undefined : findCookie(file, display);
}
