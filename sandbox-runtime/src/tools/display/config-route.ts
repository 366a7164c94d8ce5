import { ApiError } from '@sandfleet/contract';
import { RESOLUTIONS } from '@sandfleet/contract/runtime';

import type { Services } from '../../services/service.ts';
import type { Desktop } from './desktop.ts';
import { DisplayError } from './display-error.ts';
import type { Recorder } from './recorder.ts';
import type { Size } from './x-screen.ts';

/** Published examples send the size as text. Anything else is left for the schema to refuse. */
export function parseResolution(value: unknown): unknown {
  const [, width, height] = /^(\d{1,5}) ?[x×*] ?(\d{1,5})$/i.exec(typeof value === 'string' ? value.trim() : '') ?? [];
  return width === undefined ? value : { width: Number(width), height: Number(height) };
}

interface Parts {
  readonly services: Services;
  readonly desktop: Desktop;
  readonly recorder: Recorder;
}

/** Gives the screen a size, the one that runs and all later ones. @throws ApiError, DisplayError */
export async function setResolution(
  { width, height }: Size,
  { services, desktop, recorder }: Parts,
  signal: AbortSignal,
): Promise<void> {
  refuseUnlisted({ width, height });
  if (recorder.isRecording)
    throw new DisplayError('The screen is being recorded, and a film has one size: stop the recording first.');
  if (services.get('screen').state() !== 'running') {
    services.screenSize = { width, height };
    return;
  }
  const isDone = await desktop.useAlone(signal, (screen) => screen.resize({ width, height }));
  if (!isDone) throw new DisplayError(`The screen could not be made ${width} x ${height}.`);
  services.screenSize = { width, height };
}

/** The size that the screen has, or gets at its start. */
export async function currentSize({ services, desktop }: Parts, signal: AbortSignal): Promise<Size> {
  if (services.get('screen').state() !== 'running') return services.screenSize;
  return desktop.use(signal, (screen) => screen.size());
}

function refuseUnlisted({ width, height }: Size): void {
  const isListed = RESOLUTIONS.some((resolution) => resolution === `${width}x${height}`);
  if (isListed) return;
  const message = `must be one of ${RESOLUTIONS.join(', ')}`;
  throw new ApiError('VALIDATION_FAILED', {
    message: `body.resolution ${message}`,
    fields: [{ location: ['body', 'resolution'], message, rule: 'enum' }],
  });
}
