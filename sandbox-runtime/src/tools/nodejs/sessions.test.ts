import { describe, expect, it } from 'vitest';

import { NodeSessions } from './sessions.ts';

describe('NodeSessions', () => {
  it('ends what nobody used for its idle time', async () => {
    const sessions = new NodeSessions(3);
    const options = { binary: process.execPath, version: 'node', cwd: '/', env: {}, outputLimit: 1000 };
    sessions.create({ ...options, id: 'short', maxIdleSeconds: 60 });
    sessions.create({ ...options, id: 'long', maxIdleSeconds: 600 });
    sessions.sweep(Date.now() + 59_000);
    expect(sessions.list().map(({ id }) => id)).toEqual(['short', 'long']);
    sessions.sweep(Date.now() + 61_000);
    expect(sessions.list().map(({ id }) => id)).toEqual(['long']);
    await sessions.closeAll();
    expect(() => sessions.create({ ...options, maxIdleSeconds: 60 })).toThrow('The sandbox is stopping.');
  });
});
