import { describe, expect, it } from 'vitest';

import { NodeSession } from './session.ts';

const OPTIONS = {
  id: 's',
  binary: process.execPath,
  version: 'node',
  cwd: '/',
  env: {},
  outputLimit: 1000,
  maxIdleSeconds: 60,
};

describe('a session whose directory was removed', () => {
  it('begins in the root', async () => {
    const session = new NodeSession({ ...OPTIONS, cwd: '/no/such/folder' });
    expect(await session.execute({ code: 'process.cwd()', timeoutSeconds: 300 })).toMatchObject({
      status: 'ok',
      outputs: [{ text: "'/'" }],
    });
    await session.close();
  });
});

describe('a session whose client hangs up', () => {
  it('does not run the code of a call that was still being prepared', async () => {
    const session = new NodeSession(OPTIONS);
    const client = new AbortController();
    const prepare = async () => client.abort(new Error('hung up'));
    const call = session.execute({ code: 'globalThis.x = 1', timeoutSeconds: 300, signal: client.signal, prepare });
    await expect(call).rejects.toThrow('hung up');
    const { outputs } = await session.execute({ code: 'typeof x', timeoutSeconds: 300 });
    expect(outputs.map(({ text }) => text)).toEqual(["'undefined'"]);
    await session.close();
  });
});
