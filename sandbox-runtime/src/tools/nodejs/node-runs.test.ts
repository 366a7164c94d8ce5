import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { NodeRuns } from './node-runs.ts';

describe('a Node.js that does not start at first', () => {
  it('is asked again by the next call', async () => {
    const home = await mkdtemp(join(tmpdir(), 'node-runs-'));
    const binary = join(home, 'node');
    const script = `#!/bin/sh\n[ -e ${home}/room ] || exit 1\nexec ${process.execPath} "$@"\n`;
    await writeFile(binary, script);
    await chmod(binary, 0o755);
    const runs = new NodeRuns({
      env: { PATH: home, HOME: home },
      places: { home, workspace: home },
      maxSessions: 1,
      maxRuns: 1,
      outputLimit: 1000,
    });
    const signal = new AbortController().signal;
    const request = { code: 'console.log(1)', timeoutSeconds: 300, keep: false, signal };
    await expect(runs.execute(request)).rejects.toMatchObject({ code: 'TOOL_UNAVAILABLE' });
    await writeFile(join(home, 'room'), '');
    expect(await runs.execute(request)).toMatchObject({ status: 'ok', stdout: '1\n' });
    await rm(home, { recursive: true });
  });
});
