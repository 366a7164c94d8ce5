import { createWriteStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';

import { openPromise, type Entry, type ZipFile } from 'yauzl';

import { ArchiveError, EntryNames, planEntry, type EntryPlan } from './archive-path.ts';

export interface UnpackLimits {
  readonly entries: number;
  readonly bytes: number;
  /** Unpacked bytes for each byte of the archive, beyond a first MiB. */
  readonly ratio: number;
}

export const UNPACK_LIMITS: UnpackLimits = { entries: 2000, bytes: 256 * 1024 * 1024, ratio: 100 };
/** Archives that are small may be as dense as they like. */
const FREE_BYTES = 1024 * 1024;

interface Planned {
  readonly entry: Entry;
  readonly plan: EntryPlan;
}

/**
 * Unpacks a zip archive into an empty directory. All entries are looked at before the first is written; what an entry says of
 * its size is held against what comes out of it.
 *
 * @throws ArchiveError, the signal's reason, and what the file system throws. The directory may then hold a part.
 */
export async function unpack(
  archive: string,
  directory: string,
  { signal, limits = UNPACK_LIMITS }: { signal: AbortSignal; limits?: UnpackLimits },
): Promise<void> {
  const { size } = await stat(archive);
  const zip = await reading(openPromise(archive, { autoClose: false, strictFileNames: true }));
  try {
    for (const { entry, plan } of await planAll(zip, size, limits)) {
      signal.throwIfAborted();
      await writeEntry(zip, { entry, plan }, { directory, signal });
    }
  } finally {
    zip.close();
  }
}

async function planAll(zip: ZipFile, size: number, limits: UnpackLimits): Promise<readonly Planned[]> {
  if (zip.entryCount > limits.entries) throw tooLarge(`more than ${limits.entries} entries`);
  const planned: Planned[] = [];
  const names = new EntryNames();
  let packed = 0;
  let unpacked = 0;
  await reading(
    (async () => {
      for await (const entry of zip.eachEntry()) {
        const { fileName: name, externalFileAttributes, compressionMethod } = entry;
        const plan = planEntry({ name, mode: externalFileAttributes >>> 16, encrypted: entry.isEncrypted(), compressionMethod });
        names.add(plan);
        packed += entry.compressedSize;
        unpacked += entry.uncompressedSize;
        if (unpacked > limits.bytes) throw tooLarge(`more than ${limits.bytes} bytes unpacked`);
        planned.push({ entry, plan });
      }
    })(),
  );
  // Entries that share their bytes make a small archive hold many times its size.
  if (packed > size) throw new ArchiveError('too_large', 'The archive has entries that overlap.');
  if (unpacked > FREE_BYTES + size * limits.ratio) throw tooLarge(`more than ${limits.ratio} times its size unpacked`);
  return planned;
}

const tooLarge = (what: string): ArchiveError => new ArchiveError('too_large', `The archive has ${what}.`);

async function writeEntry(
  zip: ZipFile,
  { entry, plan }: Planned,
  { directory, signal }: { directory: string; signal: AbortSignal },
): Promise<void> {
  const path = join(directory, ...plan.parts);
  if (plan.kind === 'directory') return void (await mkdir(path, { recursive: true, mode: 0o755 }));
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  const content = await reading(zip.openReadStreamPromise(entry));
  // Modes are ours: an archive may not bring a set-user-id bit or a file that its owner cannot read.
  const file = createWriteStream(path, { flags: 'wx', mode: plan.executable ? 0o755 : 0o644 });
  await reading(pipeline(content, checksum(entry), file, { signal }));
}

/** Counts along: an entry that says too little of its size ends where it has said, not where its bytes do. */
function checksum({ uncompressedSize, crc32: expected }: Entry): Transform {
  let seen = 0;
  let sum = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      seen += chunk.length;
      if (seen > uncompressedSize) return done(new ArchiveError('too_large', 'The archive holds more than it says.'));
      sum = crc32(chunk, sum);
      return done(null, chunk);
    },
    flush(done) {
      if (seen === uncompressedSize && sum === expected) return done();
      return done(new ArchiveError('decode_error', 'The archive is damaged: a checksum is wrong.'));
    },
  });
}

/** The library tells of a bad archive by plain errors; those of the file system and of ours are what they are. */
async function reading<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof Error) || error instanceof ArchiveError || error.name === 'AbortError') throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code !== undefined && !code.startsWith('Z_') && !code.startsWith('ERR_')) throw error;
    const type = /path|fileName|characters in/i.test(error.message) ? 'invalid_path' : 'decode_error';
    throw new ArchiveError(type, `The archive cannot be read: ${error.message.slice(0, 200)}`);
  }
}
