import { cluster, kubectl } from './cluster.ts';

/** Every suite needs the installed release; say so once, not in each test. */
export default async function setup(): Promise<void> {
  cluster();
  await kubectl('wait', '--for=condition=Available', '--timeout=120s', '-n', 'sandfleet-system', 'deployment', '--all');
}
