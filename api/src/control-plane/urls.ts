import type { Surface, UrlsView } from '@sandfleet/contract/control-plane';
import { sandboxUrl, type GatewayAddress } from '@sandfleet/crds';

/** Where each surface lies under the URL of a sandbox; `preview` has a rule of its own. */
const PATHS: Readonly<Record<Exclude<Surface, 'preview' | 'rest'>, string>> = {
  mcp: 'mcp',
  cdp: 'cdp',
  vnc: 'vnc/index.html?autoconnect=true&resize=scale',
  codeServer: 'code-server/',
  jupyter: 'jupyter/',
  terminal: 'terminal',
};

export const PORT_PLACEHOLDER = '{port}';

/** Every surface of the sandbox `id`; undefined where the gateway has no public address. */
export function urlsOf(gateway: GatewayAddress, id: string): UrlsView | undefined {
  const base = sandboxUrl(gateway, id);
  if (base === undefined) return undefined;
  const under = (path: string): string => `${base}${path}`;
  return {
    base,
    surfaces: {
      // SDKs put "/v1/…" behind it; with a slash at its end that would become two.
      rest: base.slice(0, -1),
      mcp: under(PATHS.mcp),
      cdp: under(PATHS.cdp),
      vnc: under(PATHS.vnc),
      codeServer: under(PATHS.codeServer),
      jupyter: under(PATHS.jupyter),
      terminal: under(PATHS.terminal),
      preview: gateway.domain ? base.replace('://', `://${PORT_PLACEHOLDER}-`) : under(`proxy/${PORT_PLACEHOLDER}/`),
    },
  };
}

export type TicketTarget =
  | { readonly surface: Exclude<Surface, 'preview'> }
  | { readonly surface: 'preview'; readonly port: number };

/** The URL that redeems a ticket: that of its surface. */
export function ticketUrl(urls: UrlsView, target: TicketTarget, ticket: string): string {
  const url = new URL(pageOf(urls, target));
  url.searchParams.set('ticket', ticket);
  return url.href;
}

function pageOf({ base, surfaces }: UrlsView, target: TicketTarget): string {
  if (target.surface === 'preview') return surfaces.preview.replace(PORT_PLACEHOLDER, String(target.port));
  return target.surface === 'rest' ? base : surfaces[target.surface];
}
