import { queryOf, servePage } from '../../server/static-pages.ts';
import type { Tool, ToolContext } from '../../tool.ts';
import { VncSockets } from './vnc-sockets.ts';

/**
 * Nothing from elsewhere. The socket may be another host's, which the page's parameters can name; pictures of the pointer are made
 * by the page.
 */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self' ws: wss:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/** The screen for people: the page at `/vnc/` and the socket at `/websockify`. */
export function vncTool({ app, config, services, log }: ToolContext): Tool {
  const sockets = new VncSockets({
    app,
    services,
    log,
    maxSockets: config.MAX_VNC_SOCKETS,
    isDisabled: config.DISABLE_VNC,
  });
  servePage(app, { name: 'vnc', path: '/vnc/', policy: POLICY, directory: config.SANDFLEET_PAGES_DIR });
  app.get('/vnc.html', (request, reply) => reply.redirect(`vnc/index.html${queryOf(request)}`, 302));
  return { contract: {}, close: () => sockets.close() };
}
