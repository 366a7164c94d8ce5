import { extname } from 'node:path';

import { PageError } from '../page-error.ts';

export interface FilmForm {
  readonly fps: number;
  /** 0 to 100. */
  readonly quality: number;
  readonly width: number;
  readonly height: number;
}

type Form = (form: FilmForm) => readonly string[];

/** H.264 and VP8 count the other way round: 0 is best. */
const onScale = (quality: number, best: number, worst: number): string =>
  String(Math.round(worst - (quality / 100) * (worst - best)));

const words = (text: string): readonly string[] => text.split(' ');

const FORMS: Readonly<Record<string, Form>> = {
  '.mp4': ({ quality }) =>
    words(`-c:v libx264 -preset ultrafast -crf ${onScale(quality, 18, 40)} -pix_fmt yuv420p -movflags +faststart -f mp4`),
  '.webm': ({ quality }) =>
    words(`-c:v libvpx -deadline realtime -cpu-used 8 -crf ${onScale(quality, 10, 50)} -b:v 4M -pix_fmt yuv420p -f webm`),
  '.gif': () => words('-f gif'),
};

/** Bytes of a film at most. */
const MAX_BYTES = 2 * 1024 ** 3;

/** @throws PageError for a name whose end says nothing that can be made */
export function formOf(path: string): string {
  const extension = extname(path).toLowerCase();
  if (!Object.hasOwn(FORMS, extension))
    throw new PageError(`A film is .mp4, .webm or .gif, not ${extension || 'without an end'}: ${path}`);
  return extension;
}

/** The command that makes a film of the JPEGs of its standard input. Each is one frame; of another size, it is fitted in. */
export function encoderCommand(path: string, output: string, film: FilmForm): readonly string[] {
  const { fps, width, height } = film;
  const fit = `scale=${width}:${height}:force_original_aspect_ratio=decrease,pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2,setsar=1`;
  return [
    ...words('ffmpeg -hide_banner -loglevel error -nostats -y'),
    ...words(`-f image2pipe -c:v mjpeg -framerate ${fps} -i pipe:0 -vf ${fit} -an -threads 1 -fs ${MAX_BYTES}`),
    ...(FORMS[formOf(path)]?.(film) ?? []),
    `file:${output}`,
  ];
}
