import { describe, expect, it } from 'vitest';

import { findCookie } from './authority.ts';
import { MessageCutter } from './messages.ts';
import { i16, request, u16, u32, u8 } from './request.ts';
import { parseSetup, setupLength, setupRequest } from './setup.ts';

describe('request()', () => {
  it('pads to whole words and counts them', () => {
    expect([...request(16, 1, [u16(3), u16(0), Buffer.from('abc')])]).toEqual([16, 1, 3, 0, 3, 0, 0, 0, 97, 98, 99, 0]);
    expect([...request(43, 0)]).toEqual([43, 0, 1, 0]);
  });

  it('writes numbers below zero', () => {
    expect([...request(1, 0, [i16(-2), u8(-1), u8(7)])]).toEqual([1, 0, 2, 0, 0xfe, 0xff, 0xff, 7]);
    expect([...request(1, 0, [u32(-1)]).subarray(4)]).toEqual([255, 255, 255, 255]);
  });

  it('writes the long form where the short one has no room', () => {
    const big = request(18, 0, [Buffer.alloc(300_000)]);
    expect([big.readUInt16LE(2), big.readUInt32LE(4), big.length]).toEqual([0, 300_008 / 4, 300_008]);
  });
});

describe('parseSetup()', () => {
  /** An answer with one format and one screen. */
  function answer({ bitsPerPixel = 32, order = 0, depth = 24, screens = 1 } = {}): Buffer {
    const bytes = Buffer.alloc(40 + 4 + 8 + 40);
    bytes.writeUInt8(1, 0);
    bytes.writeUInt16LE((bytes.length - 8) / 4, 6);
    bytes.writeUInt32LE(0x20_0000, 12);
    bytes.writeUInt32LE(0x1f_ffff, 16);
    bytes.writeUInt16LE(3, 24);
    bytes.set([screens, 1, order], 28);
    bytes.set([8, 255], 34);
    bytes.set([24, bitsPerPixel], 44);
    bytes.writeUInt32LE(1305, 52);
    bytes.writeUInt32LE(33, 84);
    bytes.writeUInt8(depth, 90);
    return bytes;
  }

  it('reads the screen behind the name and the formats', () => {
    const bytes = answer();
    expect(setupLength(bytes)).toBe(bytes.length);
    expect(parseSetup(bytes)).toEqual({
      root: 1305,
      rootVisual: 33,
      depth: 24,
      idBase: 0x20_0000,
      idMask: 0x1f_ffff,
      minKeycode: 8,
      maxKeycode: 255,
      isBgrx: true,
    });
  });

  it.for([{ bitsPerPixel: 24 }, { order: 1 }, { depth: 16 }])('tells pixels of another form: %o', (form) => {
    expect(parseSetup(answer(form)).isBgrx).toBe(false);
  });

  it('throws what the server says against the client, and when there is no screen', () => {
    const refusal = Buffer.from([0, 7, 11, 0, 0, 0, 2, 0, ...Buffer.from('No way\n'), 0]);
    expect(() => parseSetup(refusal)).toThrow('the X server refuses: No way');
    expect(() => parseSetup(answer({ screens: 0 }))).toThrow('no screen');
  });

  it('is asked for with a cookie', () => {
    const bytes = setupRequest({ name: 'AB', data: Buffer.from([1, 2, 3, 4, 5]) });
    expect([...bytes]).toEqual([0x6c, 0, 11, 0, 0, 0, 2, 0, 5, 0, 0, 0, 65, 66, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0]);
  });
});

describe('MessageCutter', () => {
  const event = Buffer.alloc(32, 0);
  event.writeUInt8(34, 0);
  const reply = Buffer.alloc(32 + 40, 7);
  reply.writeUInt8(1, 0);
  reply.writeUInt32LE(10, 4);
  const generic = Buffer.alloc(36, 1);
  generic.writeUInt8(35 | 0x80, 0);
  generic.writeUInt32LE(1, 4);
  const stream = Buffer.concat([event, reply, event, generic, event]);

  it.for([1, 3, 31, 32, 33, 71, 500])('gives whole messages however they come: %i bytes at a time', (size) => {
    const messages: Buffer[] = [];
    const cutter = new MessageCutter((message) => messages.push(Buffer.from(message)));
    for (let at = 0; at < stream.length; at += size) cutter.push(stream.subarray(at, at + size));
    expect(messages).toEqual([event, reply, event, generic, event]);
  });

  it('refuses a message that would fill the memory', () => {
    const endless = Buffer.alloc(32);
    endless.writeUInt8(1, 0);
    endless.writeUInt32LE(0xffff_ffff, 4);
    expect(() => new MessageCutter(() => undefined).push(endless)).toThrow('too much');
  });
});

describe('findCookie()', () => {
  const string = (text: string | Buffer): Buffer => {
    const bytes = Buffer.from(text);
    return Buffer.concat([Buffer.from([0, bytes.length]), bytes]);
  };
  const entry = (family: number, display: string, name: string, data: string): Buffer =>
    Buffer.concat([Buffer.from([family >> 8, family & 255]), ...['host', display, name, data].map((text) => string(text))]);

  it.for([
    [
      'the one of the display',
      [entry(256, '9', 'MIT-MAGIC-COOKIE-1', 'no'), entry(256, '43', 'MIT-MAGIC-COOKIE-1', 'yes')],
      'yes',
    ],
    ['one for every display', [entry(65_535, '', 'MIT-MAGIC-COOKIE-1', 'any')], 'any'],
    ['none of another kind', [entry(256, '43', 'XDM-AUTHORIZATION-1', 'no')], undefined],
    ['none of another machine', [entry(0, '43', 'MIT-MAGIC-COOKIE-1', 'no')], undefined],
    ['none in a file that is cut', [entry(256, '43', 'MIT-MAGIC-COOKIE-1', 'yes').subarray(0, 20)], undefined],
    ['none in an empty file', [], undefined],
  ] as const)('finds %s', ([, entries, data]) => {
    expect(findCookie(Buffer.concat([...entries]), '43')?.data.toString()).toBe(data);
  });
});
