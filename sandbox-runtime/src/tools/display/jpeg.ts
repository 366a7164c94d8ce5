import type { Environment } from '../../config.ts';
import { runBounded } from '../../process/bounded-process.ts';
import { DisplayError } from './display-error.ts';
import type { Picture } from './picture.ts';

const TIME_MS = 20_000;
/** No picture of a screen is larger as JPEG than it is as it comes. */
const BYTES_A_PIXEL = 4;
/** The scale of ffmpeg, from the best to the worst. */
const BEST = 1;
const WORST = 31;

/** A picture as JPEG; `quality` from 0 to 100. */
export async function encodeJpeg(
  picture: Picture,
  quality: number,
  { env, signal }: { env: Environment; signal: AbortSignal },
): Promise<Buffer> {
  const { width, height, pixels } = picture;
  const scale = Math.round(WORST - (quality / 100) * (WORST - BEST));
  const input = ['-f', 'rawvideo', '-pixel_format', 'bgr0', '-video_size', `${width}x${height}`, '-i', 'pipe:0'];
  const output = [
    '-frames:v',
    '1',
    '-c:v',
    'mjpeg',
    '-qmin',
    '1',
    '-q:v',
    `${scale}`,
    '-pix_fmt',
    'yuvj444p',
    '-f',
    'image2pipe',
    'pipe:1',
  ];
  const { ended, exitCode, stdout, stderr } = await runBounded({
    command: ['ffmpeg', '-hide_banner', '-loglevel', 'error', '-threads', '1', ...input, ...output],
    directory: '/',
    env,
    input: pixels,
    timeoutMs: TIME_MS,
    maxOutputBytes: width * height * BYTES_A_PIXEL,
    signal,
  });
  signal.throwIfAborted();
  if (ended === 'exit' && exitCode === 0 && stdout.bytes.length > 0) return stdout.bytes;
  throw new DisplayError(`ffmpeg could not make a JPEG of the screen: ${stderr.bytes.toString('utf8').trim() || ended}`);
}
