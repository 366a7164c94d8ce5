import { EventEmitter } from 'node:events';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { CDPSession } from 'playwright-core';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { Downloads } from '../session/downloads.ts';
import { Notices } from '../session/notices.ts';
import { listDownloads } from './list-downloads.ts';

let directory: string;
let browser: EventEmitter;
let downloads: Downloads;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'downloads-'));
  browser = Object.assign(new EventEmitter(), { send: async () => ({}) });
  downloads = new Downloads(directory, new Notices());
  // Of DevTools, it listens and switches the events on.
  await downloads.follow(browser as unknown as CDPSession);
});
afterEach(() => rm(directory, { recursive: true }));

const file = (name: string) => writeFile(join(directory, name), 'text');
const begin = () =>
  browser.emit('Browser.downloadWillBegin', { guid: 'G', url: 'http://site.test/a', suggestedFilename: 'a.csv' });
const listed = async () => (await listDownloads(downloads)).map(({ id, filename, state }) => [id, filename, state]);

it('shows a file as the download that it is about to be told of, once', async () => {
  await file('a.csv');
  await utimes(join(directory, 'a.csv'), 0, 0);
  begin();
  await file('a (1).csv');
  await file('b.csv');
  const others = [['file:b.csv', 'b.csv', 'completed']];
  expect(await listed()).toEqual(expect.arrayContaining([...others, ['G', 'a.csv', 'in_progress']]));
  expect((await listed()).map(([id]) => id)).not.toContain('file:a (1).csv');
  const filePath = join(directory, 'a (1).csv');
  browser.emit('Browser.downloadProgress', { guid: 'G', totalBytes: 4, receivedBytes: 4, state: 'completed', filePath });
  await expect.poll(listed).toContainEqual(['G', 'a (1).csv', 'completed']);
  expect((await listed()).map(([id]) => id).toSorted()).toEqual(['G', 'file:a.csv', 'file:b.csv']);
});
