import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { ApiError } from '@sandfleet/contract';
import type { FastifyRequest } from 'fastify';

import { isSkillName } from './skill-name.ts';

export interface Registration {
  readonly path?: string;
  readonly name?: string;
  readonly file?: { readonly path: string; readonly filename: string };
}

const MAX_PATH = 4096;

/** Limits of the text around the file; the file's own is an option of the server. */
export const FORM_LIMITS = { files: 1, fields: 16, parts: 17, fieldNameSize: 128, fieldSize: 8192, headerPairs: 32 } as const;

/** Gives what a call asks for, as any form that clients have; the file is there while `run` runs. */
export async function withRegistration<T>(request: FastifyRequest, run: (registration: Registration) => Promise<T>): Promise<T> {
  if (!request.isMultipart()) return run(checked(textFields(request.body)));
  const work = await mkdtemp(join(tmpdir(), 'skill-upload-'));
  try {
    return await run(await readForm(request, work));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function readForm(request: FastifyRequest, work: string): Promise<Registration> {
  const fields: Record<string, unknown> = {};
  let file: Registration['file'];
  try {
    for await (const part of request.parts()) {
      if (part.type === 'field') {
        fields[part.fieldname] = part.value;
        continue;
      }
      if (part.fieldname !== 'file') throw refused(part.fieldname, 'is not a known field');
      file = { path: join(work, 'archive'), filename: part.filename ?? '' };
      await pipeline(part.file, createWriteStream(file.path, { flags: 'wx' }));
    }
  } catch (error) {
    throw isBareError(error)
      ? new ApiError('BAD_REQUEST', { message: `The form cannot be read: ${error.message}`, cause: error })
      : error;
  }
  return { ...checked(textFields(fields)), ...(file === undefined ? {} : { file }) };
}

/** The parser tells of a broken form by plain errors; those of limits, of the file system and of ours have a code. */
const isBareError = (error: unknown): error is Error => error instanceof Error && !('code' in error);

/** Forms have no way to leave a field out but to leave it empty; JSON has null too. */
function textFields(body: unknown): Readonly<Record<string, unknown>> {
  if (body === undefined || body === null) return {};
  if (typeof body !== 'object' || Array.isArray(body)) throw refused(undefined, 'must be object');
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== '' && value !== null));
}

function checked(fields: Readonly<Record<string, unknown>>): Pick<Registration, 'path' | 'name'> {
  const { path, name, file } = fields;
  if (file !== undefined) throw refused('file', 'must be sent as a file');
  if (path !== undefined && (typeof path !== 'string' || path.length > MAX_PATH || path.includes('\0')))
    throw refused('path', `must be a path of up to ${MAX_PATH} characters`);
  if (name !== undefined && (typeof name !== 'string' || !isSkillName(name)))
    throw refused('name', 'must be up to 64 letters, digits and . _ + -');
  return { ...(path === undefined ? {} : { path }), ...(name === undefined ? {} : { name }) };
}

export function refused(field: string | undefined, message: string): ApiError {
  const location = field === undefined ? ['body'] : ['body', field.slice(0, 100)];
  return new ApiError('VALIDATION_FAILED', {
    message: `${location.join('.')} ${message}`,
    fields: [{ location, message, rule: 'form' }],
  });
}
