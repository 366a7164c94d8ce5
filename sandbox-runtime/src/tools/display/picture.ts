/** What the screen shows: four bytes a pixel, blue, green, red and one unused, rows from the top. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Buffer;
}
