import type { Contract } from '@sandfleet/contract';

import { servePage } from '../../server/static-pages.ts';
import type { Tool, ToolContext } from '../../tool.ts';
import { ENVIRONMENT_VERSION } from '../../version.ts';
import { manualOf } from './manual.ts';
import { serveProgramPages } from './program-pages.ts';

const COMMON =
  "default-src 'none'; script-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; " +
  "frame-ancestors 'self'";
/** Nothing from elsewhere, and frames for the other pages of this sandbox alone. */
const HOME_POLICY = `${COMMON}; style-src 'self'; frame-src 'self'`;
/** The terminal writes its colours and its widths into style elements of its own. */
const TERMINAL_POLICY = `${COMMON}; style-src 'self' 'unsafe-inline'`;

/** The pages for people beside the screen, and the manual for agents; `tools` are those that it tells of. */
export function pagesTool({ app, config, env }: ToolContext, tools: readonly Tool[]): Tool {
  const directory = config.SANDFLEET_PAGES_DIR;
  servePage(app, { name: 'home', path: '/', policy: HOME_POLICY, directory });
  servePage(app, { name: 'terminal', path: '/terminal/', policy: TERMINAL_POLICY, directory });
  serveProgramPages(app, env);
  const contract: Contract = Object.assign({}, ...tools.map((tool) => tool.contract));
  let manual: string | undefined;
  app.get('/llms.txt', (_, reply) => {
    manual ??= manualOf(contract, ENVIRONMENT_VERSION);
    return reply
      .type('text/plain; charset=utf-8')
      .headers({ 'cache-control': 'private, no-cache', 'x-content-type-options': 'nosniff' })
      .send(manual);
  });
  return { contract: {}, close: async () => {} };
}
