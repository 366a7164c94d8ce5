/** Which bytes of a file a request wants; the end is inclusive. */
export type ByteRange = { readonly start: number; readonly end: number } | 'all' | 'none';

/**
 * One range of a `Range` header (RFC 9110 14.1.2). What is not understood, and several ranges, count as no range, as the RFC allows;
 * `none` is one that the file does not have.
 */
export function parseRange(header: string | undefined, size: number): ByteRange {
  const [, first, last] = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return 'all';
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'none' : { start: size - length, end: size - 1 };
  }
  const [start, end] = [Number(first), last === '' ? size - 1 : Number(last)];
  if (last !== '' && end < start) return 'all';
  return start < size ? { start, end: Math.min(end, size - 1) } : 'none';
}
