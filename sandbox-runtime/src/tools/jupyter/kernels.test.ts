import { describe, expect, it } from 'vitest';

import { code, scriptedKernels } from './fixtures.ts';

const show = { code: code({ show: 'kernel' }), timeoutSeconds: 30 };

describe('Kernels', () => {
  it('runs passing code in a kernel of its own, whatever id comes with it', async () => {
    await using scripted = await scriptedKernels();
    const { kernels } = scripted;
    const kept = await kernels.execute({ ...show, keep: true, sessionId: 'a' });
    const first = await kernels.execute({ ...show, keep: false, sessionId: 'a' });
    const second = await kernels.execute({ ...show, keep: false });
    expect(new Set([kept, first, second].map(({ outputs }) => outputs[0]?.text)).size).toBe(3);
    expect(first).toMatchObject({ status: 'ok', executionCount: 1, kernelName: 'python3' });
    expect(first.sessionId).not.toBe('a');
    expect([...kernels.sessions.keys()]).toEqual(['a']);
  });

  it('names its default kernel', async () => {
    await using scripted = await scriptedKernels();
    expect(await scripted.kernels.defaultKernel()).toBe('python3');
  });

  it('interrupts code whose caller has gone, and lets the next one run', async () => {
    await using scripted = await scriptedKernels();
    const { kernels } = scripted;
    const caller = new AbortController();
    const request = { keep: true, sessionId: 'a', timeoutSeconds: 300 };
    const left = kernels.execute({ ...request, code: code({ sleeps: true }), signal: caller.signal });
    const next = kernels.execute({ ...request, code: code({ show: 'kernel' }) });
    const gone = kernels.execute({ ...request, code: code(), signal: AbortSignal.abort() });
    caller.abort();
    await left.catch(() => undefined);
    expect((await next).status).toBe('ok');
    await expect(gone).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('runs nothing after its end', async () => {
    await using scripted = await scriptedKernels();
    const { kernels } = scripted;
    await kernels.execute({ ...show, keep: true, sessionId: 'a' });
    await kernels.closeAll();
    await expect(kernels.execute({ ...show, keep: true })).rejects.toMatchObject({ code: 'TOOL_UNAVAILABLE' });
  });
});
