import { mkdir, readFile, readlink, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';

/** Locks of a browser that was killed name a host and a process that are no more; the next would ask what to do about it. */
const LOCKS = ['SingletonLock', 'SingletonCookie', 'SingletonSocket'];
/** The folder that the socket's link leads into, made anew by each browser. */
const SOCKET_FOLDER = /^org\.chromium\.Chromium\.\w+$/;
/** A file of 4 MiB from each start, kept for an upload that there is not; no flag keeps them from being written. */
const MEASUREMENTS = 'BrowserMetrics';
const MAX_PREFERENCES_BYTES = 16 * 1024 * 1024;

/** Makes the profile fit for a start without questions: no lock, no crash to restore, downloads without asking. */
export async function prepareProfile(userDataDir: string, downloads: string): Promise<void> {
  await Promise.all([
    mkdir(join(userDataDir, 'Default'), { recursive: true, mode: 0o700 }),
    mkdir(downloads, { recursive: true }),
  ]);
  await clearRemains(userDataDir);
  const file = join(userDataDir, 'Default', 'Preferences');
  const kept = await readPreferences(file);
  await replaceFile(file, JSON.stringify(withDownloads(kept, downloads)));
}

/** Takes away what a browser that is no more leaves behind. */
export async function clearRemains(userDataDir: string): Promise<void> {
  const socket = await readlink(join(userDataDir, 'SingletonSocket')).catch(() => '');
  const folder = dirname(socket);
  if (isAbsolute(folder) && SOCKET_FOLDER.test(basename(folder))) await rm(folder, { recursive: true, force: true });
  await Promise.all([...LOCKS, MEASUREMENTS].map((name) => rm(join(userDataDir, name), { recursive: true, force: true })));
}

type Preferences = Readonly<Record<string, unknown>>;

/** The profile's preferences with ours in them. */
export const withDownloads = (preferences: Preferences, downloads: string): Preferences => ({
  ...preferences,
  profile: { ...section(preferences, 'profile'), exit_type: 'Normal', exited_cleanly: true },
  download: { ...section(preferences, 'download'), default_directory: downloads, prompt_for_download: false },
});

const isObject = (value: unknown): value is Preferences => typeof value === 'object' && value !== null && !Array.isArray(value);

const section = (preferences: Preferences, name: string): Preferences => {
  const value = preferences[name];
  return isObject(value) ? value : {};
};

/** What can't be read is begun anew, as Chromium itself does. */
async function readPreferences(file: string): Promise<Preferences> {
  try {
    if ((await stat(file)).size > MAX_PREFERENCES_BYTES) return {};
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** Whole or not at all: a start that is cut off must not leave half a file. */
export async function replaceFile(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.new`;
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, file);
}
