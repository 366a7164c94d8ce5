import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { policies } from './policies.ts';
import { prepareProfile, withDownloads } from './profile.ts';

let home = '';
beforeEach(async () => void (home = await mkdtemp(join(tmpdir(), 'profile-test-'))));
afterEach(() => rm(home, { recursive: true, force: true }));

describe('prepareProfile()', () => {
  const preferences = () => join(home, 'p/Default/Preferences');
  const read = async () => JSON.parse(await readFile(preferences(), 'utf8')) as unknown;
  const ours = { exit_type: 'Normal', exited_cleanly: true };

  it('makes profile and downloads', async () => {
    await prepareProfile(join(home, 'p'), join(home, 'Downloads'));
    expect(await read()).toMatchObject({
      profile: ours,
      download: { default_directory: join(home, 'Downloads'), prompt_for_download: false },
    });
    expect((await readdir(home)).toSorted()).toEqual(['Downloads', 'p']);
  });

  it('takes away locks of a browser that is no more, also those that lead nowhere', async () => {
    await mkdir(join(home, 'p'));
    await symlink('old-pod-4711', join(home, 'p/SingletonLock'));
    await mkdir(join(home, 'org.chromium.Chromium.aB1'));
    await symlink(join(home, 'org.chromium.Chromium.aB1/SingletonSocket'), join(home, 'p/SingletonSocket'));
    await writeFile(join(home, 'p/Cookies'), 'kept');
    await prepareProfile(join(home, 'p'), join(home, 'Downloads'));
    expect((await readdir(join(home, 'p'))).toSorted()).toEqual(['Cookies', 'Default']);
    expect((await readdir(home)).toSorted()).toEqual(['Downloads', 'p']);
  });

  it('takes away the measurements of earlier starts, which would fill the disk', async () => {
    await mkdir(join(home, 'p/BrowserMetrics'), { recursive: true });
    await writeFile(join(home, 'p/BrowserMetrics/BrowserMetrics-6B01B2BD-191.pma'), '');
    await prepareProfile(join(home, 'p'), join(home, 'Downloads'));
    expect(await readdir(join(home, 'p'))).toEqual(['Default']);
  });

  it.for(['org.chromium.Chromium.x/../keep/s', 'keep/s', 'my.org.chromium.Chromium.x/s'])(
    'removes no folder that a link into %s names',
    async (target) => {
      const names = ['keep', 'my.org.chromium.Chromium.x', 'p'];
      await Promise.all(names.map((name) => mkdir(join(home, name))));
      await symlink(`${home}/${target}`, join(home, 'p/SingletonSocket'));
      await prepareProfile(join(home, 'p'), join(home, 'Downloads'));
      expect(await readdir(home)).toEqual(expect.arrayContaining(names));
    },
  );

  it.for(['', '{', '[]', 'null', '"x"'])('begins anew when the preferences are %j', async (text) => {
    await mkdir(join(home, 'p/Default'), { recursive: true });
    await writeFile(preferences(), text);
    await prepareProfile(join(home, 'p'), join(home, 'Downloads'));
    expect(await read()).toMatchObject({ profile: ours });
  });
});

describe('withDownloads()', () => {
  it('keeps what else there is, and forgets a crash', () => {
    expect(withDownloads({ a: 1, profile: { exit_type: 'Crashed', name: 'x' }, download: 'broken' }, '/d')).toEqual({
      a: 1,
      profile: { exit_type: 'Normal', exited_cleanly: true, name: 'x' },
      download: { default_directory: '/d', prompt_for_download: false },
    });
  });
});

describe('policies()', () => {
  const plain = {
    downloads: '/d',
    dnsOverHttps: undefined,
    urlBlocklist: [],
    urlAllowlist: [],
    allowFileSelectionDialogs: undefined,
  };

  it('holds the lists, the downloads and the answer to file dialogs', () => {
    const text = policies({ ...plain, urlBlocklist: ['a.example'], urlAllowlist: ['b.example'] });
    expect(JSON.parse(text)).toMatchObject({
      DownloadDirectory: '/d',
      PromptForDownloadLocation: false,
      URLBlocklist: ['a.example'],
      URLAllowlist: ['b.example'],
      DnsOverHttpsMode: 'off',
    });
    expect(text).not.toContain('AllowFileSelectionDialogs');
  });

  it('names servers for DNS over HTTPS, and dialogs that are not to be', () => {
    const dnsOverHttps = 'https://dns.example/dns-query{?dns}';
    expect(JSON.parse(policies({ ...plain, dnsOverHttps, allowFileSelectionDialogs: false }))).toMatchObject({
      DnsOverHttpsMode: 'automatic',
      DnsOverHttpsTemplates: dnsOverHttps,
      AllowFileSelectionDialogs: false,
    });
  });
});
