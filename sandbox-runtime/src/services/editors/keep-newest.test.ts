import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { keepNewest } from './keep-newest.ts';

describe('keepNewest()', () => {
  let place: string;

  beforeEach(async () => void (place = await mkdtemp(join(tmpdir(), 'keep-newest-'))));
  afterEach(() => rm(place, { recursive: true, force: true }));

  it('removes the oldest folders with all that is in them, and nothing that has another name', async () => {
    for (const name of ['20261121T143115', '20251121T143115', '20261121T143114', 'mine', '20261121'])
      await mkdir(join(place, name));
    await writeFile(join(place, '20251121T143115', 'remoteagent.log'), 'text');
    await keepNewest(place, 2);
    expect((await readdir(place)).toSorted()).toEqual(['20261121', '20261121T143114', '20261121T143115', 'mine']);
  });

  it('takes a place that is not there', async () => {
    await expect(keepNewest(join(place, 'nowhere'), 2)).resolves.toBeUndefined();
  });
});
