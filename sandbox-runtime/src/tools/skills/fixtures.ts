import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipEntry {
  readonly name: string;
  readonly content?: string | Buffer;
  /** Unix mode, with its type. */
  readonly mode?: number;
  readonly stored?: boolean;
  readonly method?: number;
  readonly flags?: number;
  /** What the entry says of itself instead of the truth. */
  readonly claims?: { readonly size?: number; readonly crc?: number };
  /** Uses the bytes of the entry of this number. */
  readonly sharesBytesOf?: number;
}

const UTF8 = 0x800;
const MADE_ON_UNIX = (3 << 8) | 30;

/** Any zip archive, honest or not. */
export function zipOf(entries: readonly ZipEntry[], { declaredEntries = entries.length } = {}): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  const offsets: number[] = [];
  let offset = 0;
  for (const entry of entries) {
    const content = Buffer.from(entry.content ?? '');
    const packed = entry.stored ? content : deflateRawSync(content);
    const name = Buffer.from(entry.name);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(UTF8 | (entry.flags ?? 0), 2);
    fields.writeUInt16LE(entry.method ?? (entry.stored ? 0 : 8), 4);
    fields.writeUInt32LE(entry.claims?.crc ?? crc32(content), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(entry.claims?.size ?? content.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const shared = entry.sharesBytesOf === undefined ? undefined : offsets[entry.sharesBytesOf];
    offsets.push(shared ?? offset);
    if (shared === undefined) {
      const local = Buffer.concat([signature(0x04034b50), fields, name, packed]);
      locals.push(local);
      offset += local.length;
    }
    central.push(centralOf(fields, { name, mode: entry.mode ?? 0, offset: offsets.at(-1) ?? 0 }));
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(declaredEntries, 4);
  end.writeUInt16LE(declaredEntries, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, signature(0x06054b50), end]);
}

function centralOf(fields: Buffer, { name, mode, offset }: { name: Buffer; mode: number; offset: number }): Buffer {
  const tail = Buffer.alloc(14);
  tail.writeUInt32LE((mode << 16) >>> 0, 6);
  tail.writeUInt32LE(offset, 10);
  const madeBy = Buffer.alloc(2);
  madeBy.writeUInt16LE(MADE_ON_UNIX);
  return Buffer.concat([signature(0x02014b50), madeBy, fields, tail, name]);
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export const skillText = (name: string, body = `Instructions of ${name}.\n`): string =>
  `---\nname: ${name}\ndescription: Does ${name}\n---\n\n${body}`;
