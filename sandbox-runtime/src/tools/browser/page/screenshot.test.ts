import { expect, it } from 'vitest';

import { withinLimits } from './screenshot.ts';

it.for([
  [1280, 900, 1280, 900],
  [1280, 100_000, 1280, 16_384],
  [100_000, 900, 16_384, 900],
  [100_000, 100_000, 16_384, 1953],
  [1920, 100_000, 1920, 16_384],
  [3000, 100_000, 3000, 10_666],
  [0, 0, 1, 1],
] as const)('a page of %i × %i has an image of %i × %i', ([width, height, wide, high]) => {
  expect(withinLimits({ width, height })).toEqual({ width: wide, height: high });
});
