import type { ToolContext } from '../../tool.ts';
import { Carrier } from './carrier.ts';

/** The one carrier of all surfaces, since what it bounds is of the whole sandbox. */
export function createCarrier({ config }: Pick<ToolContext, 'config'>): Carrier {
  return new Carrier({
    maxOpen: config.SANDFLEET_MAX_CARRIED,
    connectMs: config.SANDFLEET_CARRY_CONNECT_SECONDS * 1000,
    headMs: config.SANDFLEET_CARRY_HEAD_SECONDS * 1000,
  });
}
