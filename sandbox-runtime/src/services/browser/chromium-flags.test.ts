import { describe, expect, it } from 'vitest';

import { chromiumFlags, extraFlags, type FlagOptions } from './chromium-flags.ts';

const plain: FlagOptions = {
  userDataDir: '/home/gem/.config/sandfleet-chromium',
  debuggingPort: 9222,
  size: { width: 1280, height: 1024 },
  canSandbox: true,
  hasSharedMemory: true,
  languages: 'en-US',
  uiLanguage: undefined,
  userAgent: undefined,
  proxyFlags: [],
  extra: [],
  homepage: undefined,
};
const flags = (change: Partial<FlagOptions> = {}) => chromiumFlags({ ...plain, ...change });
const valueOf = (all: readonly string[], name: string) => all.filter((flag) => flag.startsWith(`${name}=`));

describe('chromiumFlags()', () => {
  it('keeps the sandbox of Chromium where it works', () => {
    expect(flags()).not.toContain('--no-sandbox');
    expect(flags()).not.toContain('--test-type');
  });

  it('goes without it, and without a warning, where it does not', () => {
    expect(flags({ canSandbox: false })).toEqual(expect.arrayContaining(['--no-sandbox', '--test-type']));
  });

  it('opens DevTools on loopback alone and lets no page in', () => {
    const debugging = flags({ extra: ['--mute-audio'] }).filter((flag) => flag.includes('remote'));
    expect(debugging).toEqual(['--remote-debugging-port=9222']);
  });

  it('joins lists of features, of which only the last would count', () => {
    const all = flags({ extra: ['--disable-features=A,B', '--enable-features=C'], proxyFlags: ['--disable-features=D'] });
    expect(valueOf(all, '--disable-features')).toEqual([expect.stringMatching(/^--disable-features=.*Translate.*,D,A,B$/)]);
    expect(valueOf(all, '--enable-features')).toEqual([expect.stringMatching(/,C$/)]);
  });

  it('leaves extensions on for who loads one', () => {
    expect(flags()).toContain('--disable-extensions');
    expect(flags({ extra: ['--load-extension=/x'] })).not.toContain('--disable-extensions');
  });

  it('ends with the first page', () => {
    expect(flags().at(-1)).toBe('about:blank');
    expect(flags({ homepage: 'http://127.0.0.1:1/' }).at(-1)).toBe('http://127.0.0.1:1/');
  });

  it('passes on languages, user agent, size and the way out', () => {
    const all = flags({
      languages: 'de,en;q=0.8',
      uiLanguage: 'de-DE',
      userAgent: 'x y',
      size: { width: 800, height: 600 },
      proxyFlags: ['--proxy-server=http://127.0.0.1:8118'],
      hasSharedMemory: false,
    });
    expect(all).toEqual(
      expect.arrayContaining([
        '--accept-lang=de,en',
        '--lang=de-DE',
        '--user-agent=x y',
        '--window-size=800,600',
        '--proxy-server=http://127.0.0.1:8118',
        '--disable-dev-shm-usage',
      ]),
    );
  });
});

describe('extraFlags()', () => {
  it('takes flags as a shell would split them', () => {
    expect(extraFlags(`--mute-audio --user-agent="a b" -force-dark-mode`)).toEqual({
      taken: ['--mute-audio', '--user-agent=a b', '-force-dark-mode'],
      refused: [],
    });
  });

  it.for([
    '--remote-allow-origins=*',
    '-remote-allow-origins=*',
    '--Remote-Allow-Origins=*',
    '"--remote-allow-origins=*"',
    '--remote-debugging-port=1',
    '--remote-debugging-address=0.0.0.0',
    '--remote-debugging-pipe',
    '--remote-debugging-io-pipes=3,4',
    '--remote-debugging-targets=x',
    '--user-data-dir=/tmp/x',
    '--headless',
    '--headless=new',
    '--custom-devtools-frontend=http://evil.example/',
    '--',
    'http://evil.example/',
    "''",
    "--a='b",
  ])('refuses %s', (line) => {
    const { taken, refused } = extraFlags(line);
    expect(taken).toEqual([]);
    expect(refused).toHaveLength(1);
  });
});
