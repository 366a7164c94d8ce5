import { describe, expect, it } from 'vitest';

import { run } from './support/cluster.ts';

describe('examples/quickstart', () => {
  it('works as its README says', async () => {
    const { code, stdout, stderr } = await run('node', ['examples/quickstart/quickstart.mjs']);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain('3 regions written to revenue.json');
    expect(stdout).toContain('revenue: {"north": 954.0, "south": 1304.2, "west": 1336.5}');
    expect(stdout).toContain(`memory limit: ${2 * 1024 ** 3} bytes`);
    expect(stdout).toMatch(/^itself open$/m);
    for (const name of ['neighbour', 'kubernetes-api', 'node', 'metadata'])
      expect(stdout).toMatch(new RegExp(`^${name} blocked`, 'm'));
    expect(stdout).toMatch(/sandboxes deleted\n$/);
  });

  it('tells what is missing when the environment is not set', async () => {
    const { code, stderr } = await run('node', ['examples/quickstart/quickstart.mjs'], '', { SANDFLEET_URL: '' });
    expect([code, stderr]).toEqual([2, 'SANDFLEET_URL and SANDFLEET_API_KEY are not set; run: eval "$(hack/env)"\n']);
  });
});
