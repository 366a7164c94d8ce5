import type { Multipart, MultipartFile } from '@fastify/multipart';
import { ApiError } from '@sandfleet/contract';
import type { FastifyRequest } from 'fastify';

import { attempt } from './attempt.ts';
import { moveTo, openUpload, receive, safeName, uploadTarget } from './upload.ts';
import { resolvePath, type Places } from './workspace-path.ts';

const OPERATION = 'upload';
const MAX_PATH = 4096;

interface Form {
  readonly parts: AsyncIterableIterator<Multipart>;
  path: string | undefined;
}

/** One file of form data becomes a file here, as a whole or not at all. */
export async function receiveUpload(request: FastifyRequest, places: Places) {
  if (!request.isMultipart()) throw new ApiError('UNSUPPORTED_MEDIA_TYPE', { message: 'Send multipart/form-data.' });
  try {
    const form: Form = { parts: request.parts(), path: undefined };
    const file = await nextFile(form);
    if (file === undefined) throw refused('file', 'is required');
    const given = form.path ?? safeName(file.filename);
    return await attempt(
      { path: given, operation: OPERATION, empty: { file_path: given, file_size: 0, success: false } },
      places,
      (path) => store(file, { form, path, places }),
    );
  } catch (error) {
    throw isMalformed(error) ? new ApiError('BAD_REQUEST', { message: error.message, cause: error }) : error;
  } finally {
    // A client that still sends reads no answer before it is done.
    request.raw.unpipe();
    request.raw.resume();
  }
}

/** The next part that is the file, with the fields before it taken. */
async function nextFile(form: Form): Promise<MultipartFile | undefined> {
  for (;;) {
    const { value: part } = await form.parts.next();
    if (part === undefined) return undefined;
    if (part.type === 'field') {
      if (part.fieldname === 'path') form.path = pathOf(part.value);
    } else if (part.fieldname === 'file') return part;
    else part.file.resume();
  }
}

function pathOf(value: unknown): string | undefined {
  if (typeof value !== 'string') throw refused('path', 'must be string');
  if (value.length > MAX_PATH) throw refused('path', `must NOT have more than ${MAX_PATH} characters`);
  return value === '' ? undefined : value;
}

interface Storing {
  readonly form: Form;
  readonly path: string;
  readonly places: Places;
}

async function store(part: MultipartFile, { form, path, places }: Storing) {
  const given = form.path;
  const filename = safeName(part.filename);
  let target = await uploadTarget(path, { asFolder: given?.endsWith('/') === true, filename });
  let draft = await openUpload(target, { onlyBeside: given === undefined });
  try {
    const size = await receive(part.file, draft);
    if (part.file.truncated) throw new ApiError('PAYLOAD_TOO_LARGE', { message: 'The file is larger than MAX_UPLOAD_BYTES.' });
    // Only a form that has come to its end was sent as a whole.
    await nextFile(form);
    if (given === undefined && form.path !== undefined) {
      const late = resolvePath(form.path, places, OPERATION);
      target = await uploadTarget(late, { asFolder: form.path.endsWith('/'), filename });
      draft = await moveTo(target, draft);
    }
    await draft.commit();
    return { file_path: target, file_size: size, success: true };
  } finally {
    await draft.discard();
  }
}

const refused = (field: string, message: string): ApiError =>
  new ApiError('VALIDATION_FAILED', {
    message: `body.${field} ${message}`,
    fields: [{ location: ['body', field], message, rule: 'form' }],
  });

/** What the parser throws about a form is a plain error, or one of its plugin's. */
function isMalformed(error: unknown): error is Error {
  if (!(error instanceof Error) || error instanceof ApiError) return false;
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? error.name === 'Error' : code.startsWith('FST_') || code === 'ERR_STREAM_PREMATURE_CLOSE';
}
