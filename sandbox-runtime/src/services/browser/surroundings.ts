import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** With less than this in /dev/shm a large page takes the browser down. */
const ENOUGH_SHARED_MEMORY = 512 * 1024 * 1024;
const TRIAL_MS = 5000;

/**
 * Whether Chromium can build its sandbox here, found out by doing what it does: namespaces of users, processes and networks. Root
 * has to go without in any case.
 */
export async function canSandbox(): Promise<boolean> {
  if (process.getuid?.() === 0) return false;
  try {
    await run('/usr/bin/unshare', ['--user', '--map-root-user', '--pid', '--net', '--fork', 'true'], {
      timeout: TRIAL_MS,
      env: {},
    });
    return true;
  } catch {
    return false;
  }
}

export async function hasSharedMemory(): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs('/dev/shm');
    return bavail * bsize >= ENOUGH_SHARED_MEMORY;
  } catch {
    return false;
  }
}
