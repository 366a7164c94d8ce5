import { openSync } from 'node:fs';

import { createAccessLog } from '../../../api/src/gateway/access-log.ts';
import { GatewayFixture } from '../../../api/src/gateway/testing/fixture.ts';
import { publish } from './child.ts';

/** The gateway as in production, access log included, but for its watch caches: they hold one sandbox, put there by hand. */
const upstreamPort = Number(process.argv[2]);
const accessLog = createAccessLog({ name: 'gateway', level: 'info', fd: openSync('/dev/null', 'w') });
const fixture = await GatewayFixture.start({ accessLog, pools: { port: upstreamPort, maxConnectionsPerPod: 4096 } });
const token = await fixture.token(fixture.addSandbox({ id: 'bench' }));
publish({ port: fixture.port, token });
