import { describe, expect, it } from 'vitest';

import { run } from './support/cluster.ts';

describe('helm test', () => {
  it('passes on the installed release', async () => {
    const { code, stdout, stderr } = await run('helm', [
      'test',
      'sandfleet',
      '-n',
      'sandfleet-system',
      '--timeout',
      '10m',
      '--logs',
    ]);
    expect(`${stdout}\n${stderr}`).toContain('Phase:          Succeeded');
    expect(code).toBe(0);
  });
});
