import { describe, expect, it } from 'vitest';

import { decodeAddresses, encodeQuestion, RECORDS } from './dns-message.ts';

const bytes = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

describe('encodeQuestion()', () => {
  it('asks as RFC 8484 does in its example', () => {
    expect(encodeQuestion('www.example.com', RECORDS.A).toString('base64url')).toBe(
      'AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB',
    );
  });
});

describe('decodeAddresses()', () => {
  it('reads the answer of RFC 8484', () => {
    const answer = bytes(`00 00 81 80 00 01 00 01  00 00 00 00 03 77 77 77 07 65 78 61 6d 70 6c 65  03 63 6f 6d 00 00 1c 00
      01 c0 0c 00 1c 00 01 00  00 0e 7d 00 10 20 01 0d b8 ab cd 00 12 00 01 00  02 00 03 00 04`);
    expect(decodeAddresses(answer)).toEqual([{ address: '2001:db8:abcd:12:1:2:3:4', family: 6 }]);
  });

  const question = '01 61 00 00 01 00 01';
  const record = (type: string, data: string) =>
    `c0 0c ${type} 00 01 00 00 00 00 ${(bytes(data).length + 0x1_00_00).toString(16).slice(1)} ${data}`;
  it('follows another name to its addresses', () => {
    const records = [record('00 05', '01 62 00'), record('00 01', 'c0 00 02 01'), record('00 01', 'c0 00 02 02')].join('');
    expect(decodeAddresses(bytes(`0000 8180 0001 0003 0000 0000 ${question} ${records}`))).toEqual([
      { address: '192.0.2.1', family: 4 },
      { address: '192.0.2.2', family: 4 },
    ]);
  });

  const empty: readonly (readonly [string, string])[] = [
    ['no such name', `0000 8183 0001 0000 0000 0000 ${question}`],
    ['a server that failed', '0000 8182 0000 0000 0000 0000'],
    ['an address of a wrong length', `0000 8180 0001 0001 0000 0000 ${question} ${record('00 01', 'c0 00 02')}`],
    ['another class', `0000 8180 0001 0001 0000 0000 ${question} c00c 0001 0003 00000000 0004 c0000201`],
  ];
  it.for(empty)('finds nothing in %s', ([, text]) => {
    expect(decodeAddresses(bytes(text))).toEqual([]);
  });

  const broken: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['a head alone', '0000 81'],
    ['a question', `0000 0100 0001 0000 0000 0000 ${question}`],
    ['records that are not there', `0000 8180 0001 ffff 0000 0000 ${question}`],
    ['questions that are not there', '0000 8180 ffff 0001 0000 0000'],
    ['a name without an end', `0000 8180 0001 0001 0000 0000 ${'3f'.repeat(65)}`],
    ['a record that is cut', `0000 8180 0001 0001 0000 0000 ${question} c00c 0001 0001 00000000 0004 c000`],
    ['a length that leads out', `0000 8180 0001 0001 0000 0000 ${question} c00c 0001 0001 00000000 ffff c0000201`],
  ];
  it.for(broken)('refuses %s', ([, text]) => {
    expect(() => decodeAddresses(bytes(text))).toThrow(RangeError);
  });
});
