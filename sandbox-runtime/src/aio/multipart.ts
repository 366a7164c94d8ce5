import { randomBytes } from 'node:crypto';

interface File {
  readonly name: string;
  readonly filename: string;
  readonly content: Buffer;
}

/** A form with a file, as browsers send it (RFC 7578). */
export function multipart(fields: Readonly<Record<string, unknown>>, { name, filename, content }: File) {
  const boundary = `aio-${randomBytes(16).toString('hex')}`;
  const head = (disposition: string) => `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n`;
  const texts = Object.entries(fields).map(([key, value]) => `${head(`name="${quoted(key)}"`)}\r\n${String(value)}\r\n`);
  const file = `${head(`name="${name}"; filename="${quoted(filename)}"`)}Content-Type: application/octet-stream\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(texts.join('') + file), content, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return { body, contentType: `multipart/form-data; boundary=${boundary}` };
}

const quoted = (text: string): string => text.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
