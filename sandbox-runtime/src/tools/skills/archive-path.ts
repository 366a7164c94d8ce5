/** What an entry of an archive says about itself. */
export interface EntryClaim {
  readonly name: string;
  /** Upper half of the external attributes: the Unix mode, where the archive has one. */
  readonly mode: number;
  readonly encrypted: boolean;
  readonly compressionMethod: number;
}

export interface EntryPlan {
  /** Names from the root of the archive down; never `.`, `..` or empty. */
  readonly parts: readonly string[];
  readonly kind: 'file' | 'directory';
  readonly executable: boolean;
}

/** Why an entry is refused, in words for whoever made the archive. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
  readonly type: 'invalid_path' | 'invalid_target' | 'decode_error' | 'too_large';

  constructor(type: ArchiveError['type'], message: string) {
    super(message);
    this.type = type;
  }
}

const MAX_PARTS = 16;
const MAX_NAME_BYTES = 1024;
const MAX_PART_BYTES = 255;
const TYPE_MASK = 0o170_000;
const REGULAR = 0o100_000;
const DIRECTORY = 0o040_000;
const STORED = 0;
const DEFLATED = 8;

/**
 * Takes nothing that could be written elsewhere than below the directory it is unpacked into, and nothing but files and directories.
 *
 * @throws ArchiveError
 */
export function planEntry({ name, mode, encrypted, compressionMethod }: EntryClaim): EntryPlan {
  const isDirectory = name.endsWith('/');
  const parts = (isDirectory ? name.slice(0, -1) : name).split('/');
  const refuse = (why: string) => new ArchiveError('invalid_path', `The archive has an entry ${shown(name)}: ${why}`);
  if (name.startsWith('/') || /^[a-z]:/i.test(name)) throw refuse('the path is absolute');
  if (name.includes('\\')) throw refuse('the path has a backslash');
  if (parts.includes('..')) throw refuse('the path leads out of the archive');
  if (parts.includes('') || parts.includes('.')) throw refuse('the path has an empty part');
  // Control characters and those that turn the direction of text make a name look like another.
  if (/[\p{Cc}\p{Cs}\u200E\u200F\u202A-\u202E\u2066-\u2069]/u.test(name)) throw refuse('the path has control characters');
  if (parts.length > MAX_PARTS) throw refuse(`the path is more than ${MAX_PARTS} deep`);
  if (Buffer.byteLength(name) > MAX_NAME_BYTES || parts.some((part) => Buffer.byteLength(part) > MAX_PART_BYTES))
    throw refuse('the path is too long');
  const type = mode & TYPE_MASK;
  if (type !== 0 && type !== (isDirectory ? DIRECTORY : REGULAR))
    throw new ArchiveError('invalid_target', `The archive has an entry ${shown(name)} that is no file and no directory.`);
  if (encrypted) throw new ArchiveError('decode_error', 'The archive is encrypted.');
  if (compressionMethod !== STORED && compressionMethod !== DEFLATED)
    throw new ArchiveError('decode_error', `The archive is compressed by method ${compressionMethod}; only deflate is known.`);
  return { parts, kind: isDirectory ? 'directory' : 'file', executable: (mode & 0o111) !== 0 };
}

/** Refuses entries of which one would stand for another: twice the same name, or names that differ in case or composition alone. */
export class EntryNames {
  readonly #seen = new Map<string, { readonly name: string; readonly kind: EntryPlan['kind'] }>();

  /** @throws ArchiveError */
  add({ parts, kind }: EntryPlan): void {
    parts.forEach((_, index) => {
      const last = index === parts.length - 1;
      this.#addOne(parts.slice(0, index + 1).join('/'), last ? kind : 'directory', last);
    });
  }

  #addOne(name: string, kind: EntryPlan['kind'], last: boolean): void {
    const folded = name.normalize('NFC').toLowerCase().toUpperCase();
    const known = this.#seen.get(folded);
    if (known === undefined) return void this.#seen.set(folded, { name, kind });
    if (known.name === name && known.kind === 'directory' && kind === 'directory') return;
    const why = known.name === name ? 'is there twice' : `is too much like ${shown(known.name)}`;
    throw new ArchiveError(
      'invalid_path',
      `The archive has an entry ${shown(name)} that ${last ? why : `holds others and ${why}`}.`,
    );
  }
}

const shown = (name: string): string => JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
