import { pageFunction } from './page-function.ts';
import { SHARED_SOURCE } from './shared-source.ts';

const FRAME_SOURCE = String.raw`((el) => {
${SHARED_SOURCE}
const rect = el.getBoundingClientRect();
const shown = isShown(el);
return { x: rect.left + el.clientLeft, y: rect.top + el.clientTop, width: shown ? rect.width : 0, height: shown ? rect.height : 0,
  selector: selectorOf(el) };
})`;

export interface FramePlace {
  readonly x: number;
  readonly y: number;
  /** Zero when nobody sees it. */
  readonly width: number;
  readonly height: number;
  readonly selector: string;
}

/** Of a frame's element: where its content begins, its size, and its selector. */
export const placeOfFrame = pageFunction<[element: unknown], FramePlace>(FRAME_SOURCE);
