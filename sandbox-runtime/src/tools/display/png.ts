import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { crc32, deflate } from 'node:zlib';

import type { Picture } from './picture.ts';

const compress = promisify(deflate);
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Pixels that are taken over at once, some milliseconds of work: other calls are answered in between. */
const TURN_PIXELS = 128 * 1024;
/** Each byte of a row says by how much it differs from the one above: what screens have much of becomes zeros. */
const FILTER_UP = 2;

/** A picture as PNG, 8 bits of red, green and blue. The fastest level of compression: more costs more time than it saves on the way. */
export async function encodePng({ width, height, pixels }: Picture): Promise<Buffer> {
  const rows = Buffer.allocUnsafe((width * 3 + 1) * height);
  const rowsPerTurn = Math.max(1, Math.floor(TURN_PIXELS / width));
  for (let top = 0; top < height; top += rowsPerTurn) {
    filterRows({ width, pixels, rows }, top, Math.min(height, top + rowsPerTurn));
    await nextTurn();
  }
  const data = await compress(rows, { level: 1, chunkSize: 256 * 1024 });
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([SIGNATURE, chunk('IHDR', head), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

interface Rows {
  readonly width: number;
  readonly pixels: Buffer;
  readonly rows: Buffer;
}

function filterRows({ width, pixels, rows }: Rows, top: number, bottom: number): void {
  const stride = width * 4;
  for (let y = top; y < bottom; y += 1) {
    let to = y * (width * 3 + 1);
    rows[to] = y === 0 ? 0 : FILTER_UP;
    to += 1;
    const start = y * stride;
    for (let at = start; at < start + stride; at += 4) {
      // Indexes are in range by the size of both buffers; a typed array wraps what is below zero.
      const up = at - stride;
      rows[to] = pixels[at + 2]! - (y === 0 ? 0 : pixels[up + 2]!);
      rows[to + 1] = pixels[at + 1]! - (y === 0 ? 0 : pixels[up + 1]!);
      rows[to + 2] = pixels[at]! - (y === 0 ? 0 : pixels[up]!);
      to += 3;
    }
  }
}

function chunk(type: string, data: Buffer): Buffer {
  const bytes = Buffer.alloc(data.length + 12);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  data.copy(bytes, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, data.length + 8)), data.length + 8);
  return bytes;
}
