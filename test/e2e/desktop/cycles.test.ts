import { describe, expect, it } from 'vitest';

import { envFor, runCycles } from '../../bench/cycles/run.ts';
import { CYCLED_SERVICES } from '../../bench/cycles/uses.ts';
import { TestSandbox } from '../support/sandbox.ts';

const CYCLES = 5;
const TEN_MINUTES = 600_000;

/** The short form of `npm run bench -- cycles`. */
describe('a service that is used and then left alone, again and again', { timeout: TEN_MINUTES, retry: 1 }, () => {
  it.for(CYCLED_SERVICES)('leaves nothing: %s', async (service) => {
    const sandbox = await TestSandbox.create({ env: envFor(service) });
    try {
      const { left, row } = await runCycles({ url: sandbox.view.url, token: sandbox.token }, { service, cycles: CYCLES });
      expect(left).toEqual([]);
      expect(row['cycles']).toBe(CYCLES);
    } finally {
      await sandbox.delete();
    }
  });
});
