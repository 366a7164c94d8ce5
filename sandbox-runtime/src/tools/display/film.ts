import type { Size } from './x-screen.ts';

export interface Film {
  readonly display: string;
  /** Of the screen. */
  readonly size: Size;
  readonly fps: number;
  readonly crf: number;
  /** Seconds after which it ends by itself. */
  readonly seconds: number;
  /** Bytes after which it ends by itself. */
  readonly bytes: number;
  readonly path: string;
  /** Of the film, where it is to be another than the screen's. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
}

/** -2 is what keeps the proportions and is even: H.264 with colours of half the size has no odd sides. */
const even = (side: number | undefined): string => (side === undefined ? '-2' : `${Math.max(2, side - (side % 2))}`);

/**
 * The command that makes a film of the screen. It is written in fragments of a second that need nothing behind them: it can
 * be played up to the last one whatever ends the program.
 */
export function filmCommand({
  display,
  size,
  fps,
  crf,
  seconds,
  bytes,
  path,
  width,
  height,
}: Film): readonly [string, ...string[]] {
  const isScaled = width !== undefined || height !== undefined;
  const scale = isScaled ? `scale=${even(width)}:${even(height)}` : 'crop=trunc(iw/2)*2:trunc(ih/2)*2';
  const grab = `-f x11grab -framerate ${fps} -video_size ${size.width}x${size.height} -i ${display}.0 -t ${seconds} -vf ${scale}`;
  const code = `-c:v libx264 -preset ultrafast -tune zerolatency -threads 1 -crf ${crf} -g ${fps * 4} -pix_fmt yuv420p -an`;
  // On the disk each second, so that the size of the file tells how it goes.
  const write = `-fs ${bytes} -flush_packets 1 -frag_duration 1000000 -movflags +empty_moov+default_base_moof -f mp4`;
  // No part of these has a space in it; the path may.
  return ['ffmpeg', ...`-hide_banner -loglevel error -nostats -y ${grab} ${code} ${write}`.split(' '), `file:${path}`];
}
