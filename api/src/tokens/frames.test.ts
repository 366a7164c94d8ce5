import { SURFACES, type Surface } from '@sandfleet/contract/control-plane';
import { describe, expect, it } from 'vitest';

import { framesOf } from './frames.ts';

describe('framesOf()', () => {
  const all = ['vnc', 'codeServer', 'jupyter', 'terminal', 'preview'];
  it.for([
    ['control', undefined, all],
    ['control', SURFACES, all],
    ['control', ['rest', 'terminal', 'cdp'], ['terminal']],
    ['control', ['rest'], []],
    ['view', undefined, ['vnc']],
    ['view', ['rest', 'terminal'], []],
  ] as const)('gives the home page to %s, from one who may open %o: %o', ([mode, scope, expected]) => {
    expect(framesOf('rest', mode, scope && new Set<Surface>(scope))).toEqual(expected);
  });

  it.for(SURFACES.filter((surface) => surface !== 'rest'))('adds nothing to %s', (surface) => {
    expect(framesOf(surface, 'control')).toBeUndefined();
  });
});
