import type { McpToolResult } from '@sandfleet/contract/runtime';

import { shown, type Answer, type Presented } from '../catalog/tool-definition.ts';
import type { RawAnswer } from './inner-call.ts';

/** The result of a tool, as MCP has it. */
export type ToolResult = McpToolResult;

/** Clients hold an image as base64 in one message. */
const MAX_IMAGE_BYTES = 16 * 1024 * 1024;

/** Text for the model, and the same as data for programs; what is too long is cut out of the middle, and says so. */
export function resultOf({ text, data }: Presented, limit: number): ToolResult {
  const structured = structuredOf(data);
  // Data is not cut: half of it would be taken for the whole.
  const fits = structured === undefined || JSON.stringify(structured).length <= limit;
  return {
    content: [{ type: 'text', text: cut(text, limit) }],
    ...(structured === undefined || !fits ? {} : { structuredContent: structured }),
  };
}

/** What an operation answers when nothing else is said of it. */
export function presentAnswer({ data, message }: Answer): Presented {
  if (data === undefined || data === null) return { text: message ?? 'Done' };
  return { text: typeof data === 'string' ? data : JSON.stringify(data), data };
}

export function errorResult(message: string): ToolResult {
  return { content: [{ type: 'text', text: message }], isError: true };
}

/** A picture; undefined when the answer is none. */
export function imageResult({ status, headers, body }: RawAnswer): ToolResult | undefined {
  const type = shown(headers['content-type']).split(';')[0] ?? '';
  if (status >= 400 || !type.startsWith('image/')) return undefined;
  if (body.length > MAX_IMAGE_BYTES) {
    return errorResult(`The picture has ${body.length} bytes, more than ${MAX_IMAGE_BYTES}: ask for a JPEG or a smaller part.`);
  }
  return {
    content: [{ type: 'image', data: body.toString('base64'), mimeType: type }],
    structuredContent: { mime_type: type, bytes: body.length, ...sizesOf(headers) },
  };
}

const SIZES = ['x-screen-width', 'x-screen-height', 'x-image-width', 'x-image-height'] as const;

const sizesOf = (headers: RawAnswer['headers']): Record<string, number> =>
  Object.fromEntries(
    SIZES.filter((name) => headers[name] !== undefined).map((name) => [
      name.slice(2).replaceAll('-', '_'),
      Number(headers[name]),
    ]),
  );

/** A result says something beside its content. */
export const withNotes = (result: ToolResult, notes: readonly string[]): ToolResult =>
  notes.length === 0 ? result : { ...result, content: [...result.content, { type: 'text', text: notes.join('\n') }] };

/** MCP wants an object. */
function structuredOf(data: unknown): Record<string, unknown> | undefined {
  if (data === undefined || data === null) return undefined;
  if (typeof data === 'object' && !Array.isArray(data)) return { ...data };
  return { result: data };
}

/** Of a text that is too long the beginning says what it is and the end how it ended. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const head = text.slice(0, Math.floor(limit * 0.7)).toWellFormed();
  const tail = text.slice(text.length - Math.floor(limit * 0.3)).toWellFormed();
  const missing = text.length - head.length - tail.length;
  return `${head}\n[… ${missing} characters are left out here: ask for less at a time …]\n${tail}`;
}
