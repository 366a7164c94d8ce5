import { describe, expect, it } from 'vitest';

import { encoderCommand, formOf } from './encoder-command.ts';

const film = { fps: 10, quality: 100, width: 1280, height: 720 };

describe('encoderCommand()', () => {
  it.for([
    ['/tmp/a.mp4', ['libx264', '18', 'mp4']],
    ['/tmp/a.WEBM', ['libvpx', '10', 'webm']],
    ['/tmp/a.gif', ['gif']],
  ] as const)('makes of %s what its name says', ([path, words]) => {
    const command = encoderCommand(path, '/tmp/.part', film);
    expect(command).toEqual(expect.arrayContaining([...words]));
    // A name never counts as an option or as another protocol.
    expect(command.at(-1)).toBe('file:/tmp/.part');
  });

  it.for(['/tmp/a.avi', '/tmp/a', '/tmp/a.mp4.sh', '/tmp/mp4', '/tmp/.constructor'])('makes nothing of %s', (path) => {
    expect(() => formOf(path)).toThrow('A film is .mp4, .webm or .gif');
  });
});
