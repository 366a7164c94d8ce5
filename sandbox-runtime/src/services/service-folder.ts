import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'sandfleet-services-';

/** A folder for sockets and secrets of services, for this user alone. Paths of sockets are short: hardly 100 bytes fit. */
export class ServiceFolder {
  readonly path = join(tmpdir(), `${PREFIX}${randomBytes(6).toString('hex')}`);
  #isMade = false;

  /** The path of a file in it, which is there only after `make`. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** Asked for by each start: whoever tidies up /tmp takes it away, and where no room was left there may be some again. */
  async make(): Promise<void> {
    if (!this.#isMade) await removeStale();
    this.#isMade = true;
    // More than one service may start at a time.
    await mkdir(this.path, { mode: 0o700, recursive: true });
  }

  async remove(): Promise<void> {
    if (!this.#isMade) return;
    await rm(this.path, { recursive: true, force: true });
  }
}

/** A container that starts again finds what the one before it left in a volume: it is older than the container's first process. */
async function removeStale(): Promise<void> {
  const begun = await stat('/proc/1').catch(() => undefined);
  if (begun === undefined) return;
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(PREFIX));
  for (const name of names) {
    const path = join(tmpdir(), name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && found.ctimeMs < begun.ctimeMs && found.uid === process.getuid?.())
      await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}
