import { readdir } from 'node:fs/promises';

/** Ids of all processes that can be seen. @throws Error without a descriptor left to read them by */
export const processIds = async (): Promise<readonly string[]> => (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
