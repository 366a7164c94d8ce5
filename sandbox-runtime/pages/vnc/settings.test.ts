import { describe, expect, it } from 'vitest';

import { readSettings } from './settings.ts';
import { changeOf } from './typed-text.ts';

describe('the socket of the screen', () => {
  it.for([
    ['http://box:8080/vnc/index.html', 'ws://box:8080/websockify'],
    ['http://box:8080/vnc/', 'ws://box:8080/websockify'],
    ['https://gate/s/box-1/vnc/index.html?autoconnect=true', 'wss://gate/s/box-1/websockify'],
    ['https://gate/s/box-1/vnc/?path=websockify%3Fticket%3DT', 'wss://gate/s/box-1/websockify?ticket=T'],
    ['https://gate/vnc/?ticket=T&path=websockify%3Fticket%3DS', 'wss://gate/websockify?ticket=S'],
    ['https://gate/vnc/?ticket=T', 'wss://gate/websockify?ticket=T'],
    ['https://gate/s/x/vnc/?path=/other/socket', 'wss://gate/other/socket'],
    ['https://gate/vnc/?view_only=1&path=websockify%3Fview_only%3D0', 'wss://gate/websockify?view_only=1'],
    ['https://gate/vnc/#view_only=true', 'wss://gate/websockify?view_only=1'],
    ['https://gate/s/x/vnc/?host=other&port=6080&encrypt=0&ticket=T', 'ws://other:6080/websockify'],
    ['http://gate/vnc/?host=::1&encrypt=1', 'wss://[::1]/websockify'],
    ['http://gate/vnc/?port=99', 'ws://gate:99/websockify'],
    ['https://gate/vnc/?ticket=T&path=//other/socket', 'wss://other/socket'],
    ['https://gate/vnc/?ticket=T&path=wss://other/socket', 'wss://other/socket'],
  ] as const)('of %s is %s', ([page, socket]) => {
    expect(readSettings(page).socketUrl).toBe(socket);
  });
});

describe('readSettings()', () => {
  it('shows the screen fitted, at once and again, unless told otherwise', () => {
    expect(readSettings('http://box/vnc/')).toMatchObject({
      autoconnect: true,
      reconnect: true,
      reconnectDelayMs: 5000,
      viewOnly: false,
      resize: 'scale',
      quality: 6,
      compression: 2,
      shared: true,
      bell: true,
      showDot: false,
      viewClip: false,
      logging: 'warn',
      password: undefined,
    });
  });

  it('reads what noVNC reads, from the part that no server sees first', () => {
    const page =
      'http://box/vnc/?autoconnect=false&reconnect=0&reconnect_delay=250&resize=remote&quality=12&compression=-3&show_dot=1' +
      '&view_clip=true&shared=false&bell=off&logging=debug&password=open#password=secret';
    expect(readSettings(page)).toMatchObject({
      autoconnect: false,
      reconnect: false,
      reconnectDelayMs: 250,
      resize: 'remote',
      quality: 9,
      compression: 0,
      showDot: true,
      viewClip: true,
      shared: false,
      bell: false,
      logging: 'debug',
      password: 'secret',
    });
  });

  it('takes nonsense for what is usual', () => {
    expect(readSettings('http://box/vnc/?resize=huge&quality=best&logging=all&reconnect_delay=')).toMatchObject({
      resize: 'scale',
      quality: 6,
      logging: 'warn',
      reconnectDelayMs: 5000,
    });
  });
});

describe('changeOf()', () => {
  it.for([
    ['', 'a', 0, 'a'],
    ['ab', 'abc', 0, 'c'],
    ['abc', 'ab', 1, ''],
    ['teh ', 'the ', 3, 'he '],
    ['a😀', 'a', 1, ''],
    ['same', 'same', 0, ''],
  ] as const)('from %j to %j', ([before, after, erased, added]) => {
    expect(changeOf(before, after)).toEqual({ erased, added });
  });
});
