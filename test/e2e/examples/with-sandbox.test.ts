import { describe, expect, it } from 'vitest';

import { rest, type SandboxView } from '../support/control-plane.ts';
import { run } from '../support/cluster.ts';

const names = async (): Promise<readonly string[]> =>
  (await rest<{ readonly items: readonly SandboxView[] }>('GET', '/v1/sandboxes')).body.items.map(({ id }) => id);

describe('examples/with-sandbox', () => {
  it('gives a command a sandbox and deletes it', async () => {
    const { code, stdout, stderr } = await run('examples/with-sandbox', ['node', 'examples/mcp/call.mjs']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^tools: \d+, of them \d+ of the browser$/m);
    expect(stdout).toMatch(/^markdown: .*\*\*noon\*\*/m);
  });

  it('ends as its command did, and leaves nothing', async () => {
    const before = await names();
    const { code, stdout } = await run('examples/with-sandbox', ['bash', '-c', 'echo "at $SANDBOX_BASE_URL"; exit 7']);
    expect([code, stdout]).toEqual([7, expect.stringMatching(/^at http\S+[^/]\n$/)]);
    // A deleted sandbox is listed until its pod is gone.
    const isNew = (name: string) => !before.includes(name);
    await expect.poll(async () => (await names()).filter(isNew), { timeout: 120_000 }).toEqual([]);
  });

  it('tells what is missing', async () => {
    const { code, stderr } = await run('examples/with-sandbox', ['true'], '', { SANDFLEET_URL: '' });
    expect(code).not.toBe(0);
    expect(stderr).toContain('SANDFLEET_URL: is not set; run: eval "$(hack/env)"');
  });
});
