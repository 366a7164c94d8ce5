import { describe, expect, it } from 'vitest';

import { BoundedOutput } from './bounded-output.ts';

describe('BoundedOutput', () => {
  const mark = '\0mark\0';

  it.for([1, 2, 3, 5, 100])('finds the mark in chunks of %d bytes and keeps what follows for the next call', async (size) => {
    const output = new BoundedOutput(1000);
    const seen = output.expect(mark);
    const bytes = Buffer.from(`one \0ma two${mark}three`);
    for (let at = 0; at < bytes.length; at += size) output.append(bytes.subarray(at, at + size));
    await seen;
    expect(output.take()).toBe('one \0ma two');
    expect(output.take()).toBe('three');
    expect(output.take()).toBe('');
  });

  it('keeps the head of what is too long and says how much is missing', () => {
    const output = new BoundedOutput(5);
    output.append(Buffer.from('üü'));
    output.append(Buffer.from('üü'));
    expect(output.take()).toBe('üü\n[... 3 bytes omitted ...]\n');
    output.append(Buffer.from('new'));
    expect(output.take()).toBe('new');
  });

  it('gives what it has when the mark never comes', () => {
    const output = new BoundedOutput(100);
    void output.expect(mark);
    output.append(Buffer.from('text\0ma'));
    expect(output.take()).toBe('text\0ma');
  });

  it('holds no more of what comes after the mark than of a call', () => {
    const output = new BoundedOutput(5);
    void output.expect(mark);
    output.append(Buffer.from(`one${mark}`));
    for (let count = 0; count < 1000; count += 1) output.append(Buffer.from('more'));
    expect([output.take(), output.take()]).toEqual(['one', 'morem\n[... 3995 bytes omitted ...]\n']);
  });
});
