import type { DisplayRecordResult } from '@sandfleet/contract/runtime';

import type { Services } from '../../services/service.ts';
import { resolvePath, type Places } from '../file/workspace-path.ts';
import type { Desktop } from './desktop.ts';
import { DisplayError } from './display-error.ts';
import type { Recorder } from './recorder.ts';

const FOLDER = '/tmp/recordings';
const DEFAULTS = { fps: 5, crf: 28, max_duration: 600 } as const;

export interface RecordBody {
  readonly action: 'start' | 'stop' | 'status';
  readonly save_path?: string;
  readonly fps?: number;
  readonly crf?: number;
  readonly max_duration?: number;
  readonly width?: number;
  readonly height?: number;
}

interface Parts {
  readonly services: Services;
  readonly desktop: Desktop;
  readonly recorder: Recorder;
  readonly places: Places;
  readonly maxSeconds: number;
  readonly maxBytes: number;
}

export interface Recorded {
  readonly data: DisplayRecordResult;
  readonly hint?: string;
}

/** @throws DisplayError, FileError for a path that is none, ApiError */
export async function record(body: RecordBody, parts: Parts, signal: AbortSignal): Promise<Recorded> {
  const { recorder, maxSeconds } = parts;
  if (body.action === 'start') await start(body, parts, signal);
  if (body.action === 'stop') await recorder.stop();
  const isCut = body.action === 'start' && (body.max_duration ?? 0) > maxSeconds;
  return {
    data: await recorder.status(),
    ...(isCut ? { hint: `It ends after ${maxSeconds} seconds, the limit of this sandbox.` } : {}),
  };
}

async function start(
  body: RecordBody,
  { services, desktop, recorder, places, maxSeconds, maxBytes }: Parts,
  signal: AbortSignal,
): Promise<void> {
  if (recorder.isRecording) throw new DisplayError('A recording runs already: stop it first.');
  const path = body.save_path === undefined ? defaultPath(new Date()) : resolvePath(body.save_path, places, 'record');
  // The film keeps the screen from idling, whether or not anybody looks at it.
  const lease = await services.get('screen').lease(signal);
  const size = await desktop
    .use(signal, (screen) => screen.size())
    .catch((error: unknown) => {
      lease.release();
      throw error;
    });
  const { fps, crf, max_duration: seconds } = { ...DEFAULTS, ...body };
  const { width, height } = body;
  const limits = { seconds: Math.min(seconds, maxSeconds), bytes: maxBytes };
  const film = { display: services.display, size, fps, crf, ...limits, path, width, height };
  await recorder.start(film, lease);
}

/** `/tmp/recordings/recording_20260102_030405_678.mp4` */
export function defaultPath(now: Date): string {
  const digits = now
    .toISOString()
    .replaceAll(/[-:TZ]/g, '')
    .replace('.', '');
  return `${FOLDER}/recording_${digits.slice(0, 8)}_${digits.slice(8, 14)}_${digits.slice(14)}.mp4`;
}
