import { describe, expect, it } from 'vitest';

import { input } from './fixtures.ts';
import { RfbViolation } from './rfb-messages.ts';
import { ViewFilter } from './view-filter.ts';

const EXTENDED_CLIPBOARD = [0xc0, 0xa1, 0xe5, 0xce];
const VERSION = Buffer.from('RFB 003.008\n', 'latin1');
/** What goes out behind the handshake whatever the client says: only Raw, and a clipboard that announces and keeps its text. */
const CLOSED_CLIPBOARD = Buffer.concat([
  Buffer.from([2, 0, 0, 2, 0, 0, 0, 0, ...EXTENDED_CLIPBOARD]),
  Buffer.from([6, 0, 0, 0, 0xff, 0xff, 0xff, 0xf8, 0x09, 0, 0, 1, 0, 0, 0, 0]),
]);

const pixelFormat = Buffer.from([0, ...Array<number>(19).fill(7)]);
const updateRequest = Buffer.from([3, 1, 0, 0, 0, 0, 5, 0, 4, 0]);
const continuous = Buffer.from([150, 1, 0, 0, 0, 0, 5, 0, 4, 0]);
const fence = Buffer.from([248, 0, 0, 0, 0x80, 0, 0, 1, 3, 9, 9, 9]);
const encodings = (...list: number[]): Buffer => {
  const bytes = Buffer.alloc(4 + list.length * 4);
  bytes.writeUInt8(2, 0);
  bytes.writeUInt16BE(list.length, 2);
  list.forEach((encoding, index) => bytes.writeInt32BE(encoding, 4 + index * 4));
  return bytes;
};
const clipboardRequest = Buffer.from([6, 0, 0, 0, 0xff, 0xff, 0xff, 0xfc, 0x02, 0, 0, 1]);
const gii = Buffer.from([253, 0x81, 0, 4, 0, 1, 0, 1]);
const qemuKey = Buffer.from([255, 0, 0, 1, 0, 0, 0, 97, 0, 0, 0, 30]);
const xvp = Buffer.from([250, 0, 1, 2]);

const cuts = [1, 2, 3, 7, 1000] as const;

/** What comes out of a new filter for these bytes, cut into pieces of this size. */
function filtered(bytes: Buffer, size: number): Buffer {
  const filter = new ViewFilter();
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) out.push(filter.push(bytes.subarray(at, at + size)));
  return Buffer.concat(out);
}

const greeting = Buffer.concat([VERSION, Buffer.from([1, 1])]);
const said = (...messages: readonly Buffer[]): Buffer => Buffer.concat([greeting, ...messages]);
const heard = (...messages: readonly Buffer[]): Buffer => Buffer.concat([greeting, CLOSED_CLIPBOARD, ...messages]);

describe('one who only looks on', () => {
  const harmless: readonly [string, Buffer][] = [
    ['the form of pixels', pixelFormat],
    ['a request for a picture', updateRequest],
    ['continuous updates', continuous],
    ['a fence', fence],
    ['an empty fence', Buffer.from([248, 0, 0, 0, 0, 0, 0, 0, 0])],
  ];
  it.for(harmless)('may send %s, however it is cut', ([, message]) => {
    for (const size of cuts) expect(filtered(said(message, message), size)).toEqual(heard(message, message));
  });

  const acting: readonly [string, Buffer][] = [
    ['a key', input.key(0x61, true)],
    ['a movement', input.pointer(5, 5)],
    ['a click', input.pointer(5, 5, 1)],
    ['a text', input.cutText('rm -rf ~')],
    ['an empty text', input.cutText('')],
    ['a long text', input.cutText('x'.repeat(5000))],
    ['the wish for what was copied', clipboardRequest],
    ['a size of the screen', input.desktopSize(100, 100)],
    ['a size without screens', Buffer.from([251, 0, 0, 1, 0, 1, 0, 0])],
    ['an event of another device', gii],
    ['a key by its place', qemuKey],
    ['power off', xvp],
  ];
  it.for(acting)('can send %s to no effect, however it is cut', ([, message]) => {
    for (const size of cuts) {
      expect(filtered(said(message, updateRequest), size)).toEqual(heard(updateRequest));
      expect(filtered(said(updateRequest, message, message, fence, message), size)).toEqual(heard(updateRequest, fence));
    }
  });

  it('can hide no message in another one', () => {
    const hidden = Buffer.concat([input.cutText('').subarray(0, 4), Buffer.from([0, 0, 0, 8]), input.key(0x61, true)]);
    const inFence = Buffer.concat([Buffer.from([248, 0, 0, 0, 0, 0, 0, 0, 8]), input.key(0x61, true)]);
    expect(filtered(said(hidden, updateRequest), 1)).toEqual(heard(updateRequest));
    expect(filtered(said(inFence, input.key(0x61, true), updateRequest), 3)).toEqual(heard(inFence, updateRequest));
  });

  it('keeps no more than a message, also of an endless text', () => {
    const filter = new ViewFilter();
    filter.push(greeting);
    filter.push(Buffer.from([6, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff]));
    const block = Buffer.alloc(1024 * 1024);
    const before = process.memoryUsage().arrayBuffers;
    for (let turn = 0; turn < 500; turn += 1) expect(filter.push(block).length).toBe(0);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
  });

  it('gets no more than pictures by what it asks for', () => {
    const asked = encodings(7, 5, -258, -259, -305, -309, -316, -308, -312, -313);
    expect(filtered(said(asked), 5)).toEqual(heard(encodings(7, 5, -308, -312, -313, EXTENDED)));
    expect(filtered(said(encodings()), 5)).toEqual(heard(encodings(EXTENDED)));
    expect(filtered(said(encodings(EXTENDED, 0)), 5)).toEqual(heard(encodings(0, EXTENDED)));
  });

  it('sends nobody away who works at the screen', () => {
    expect(filtered(Buffer.concat([VERSION, Buffer.from([1, 0])]), 1)).toEqual(heard());
  });

  it('may speak the older versions', () => {
    const old = Buffer.from('RFB 003.003\n', 'latin1');
    expect(filtered(Buffer.concat([old, Buffer.from([0]), updateRequest]), 4)).toEqual(
      Buffer.concat([old, Buffer.from([1]), CLOSED_CLIPBOARD, updateRequest]),
    );
  });

  const broken: readonly [string, Buffer][] = [
    ['a version that is none', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a version with other lengths', Buffer.from('RFB 004.001\n')],
    ['a kind of security that hides the rest', Buffer.concat([VERSION, Buffer.from([19])])],
    ['a password', Buffer.concat([VERSION, Buffer.from([2])])],
    ['an unknown message', said(Buffer.from([99]))],
    ['a message of the server', said(Buffer.from([1, 0, 0, 0, 0, 0]))],
    ['sound', said(Buffer.from([255, 1, 0, 0]))],
    ['too many encodings', said(Buffer.from([2, 0, 0xff, 0xff]))],
    ['a fence that is too long', said(Buffer.from([248, 0, 0, 0, 0, 0, 0, 0, 65]))],
    ['an OLIVE call', said(Buffer.from([249, 0]))],
    ['SetScale of UltraVNC', said(Buffer.from([8, 1, 0, 0]))],
    ['a file of UltraVNC', said(Buffer.from([7, 1, 0, 0]))],
  ];
  it.for(broken)('is closed for %s', ([, bytes]) => {
    for (const size of cuts) expect(() => filtered(bytes, size)).toThrow(RfbViolation);
  });
});

const EXTENDED = -1_063_131_698;
