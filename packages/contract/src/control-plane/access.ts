import { Type, type Static } from 'typebox';

import { REST_LIMITS } from './sandbox.ts';
import { MODES, SURFACES } from './surfaces.ts';

const closed = { additionalProperties: false } as const;
const anySurface = SURFACES.join('|');

export const CreateToken = Type.Object(
  {
    ttlSeconds: Type.Optional(
      Type.Integer({ description: 'How long the token is valid; one hour when left out.', minimum: 1, maximum: 31_536_000 }),
    ),
    scope: Type.Optional(
      Type.String({
        description: `Surfaces that the token opens, separated by a space; all of them when left out: ${SURFACES.join(' ')}.`,
        maxLength: 128,
        pattern: `^(${anySurface})( (${anySurface}))*$`,
      }),
    ),
  },
  { ...closed, examples: [{}, { ttlSeconds: 600, scope: 'rest mcp' }] },
);

export const TokenView = Type.Object(
  {
    token: Type.String({ description: 'Send it as `Authorization: Bearer` to the URL of the sandbox. It is shown once.' }),
    expiresAt: Type.String({ format: 'date-time' }),
    scope: Type.String({ description: 'Surfaces that it opens.' }),
  },
  { examples: [{ token: 'eyJhbGciOiJSUzI1NiIs…', expiresAt: '2026-01-01T01:00:00.000Z', scope: 'rest mcp' }] },
);
export type TokenView = Static<typeof TokenView>;

export const CreateTicket = Type.Object(
  {
    surface: Type.Enum([...SURFACES], {
      description:
        'What the ticket opens; `rest` is the home page, with the screen, editors, terminal and previews that it shows.',
    }),
    mode: Type.Optional(
      Type.Enum([...MODES], {
        description: 'view looks on; control, which is meant when left out, also acts.',
        default: 'control',
      }),
    ),
    port: Type.Optional(
      Type.Integer({ description: 'The one port that a ticket for preview opens.', minimum: 1, maximum: 65_535 }),
    ),
    ttlSeconds: Type.Optional(
      Type.Integer({
        description: 'How long the ticket may wait for its one use; 30 when left out.',
        minimum: 1,
        maximum: REST_LIMITS.ticketSeconds,
      }),
    ),
  },
  {
    ...closed,
    examples: [
      { surface: 'vnc', mode: 'view' },
      { surface: 'preview', port: 3000 },
    ],
  },
);

export const TicketView = Type.Object(
  {
    ticket: Type.String({ description: 'Good for one use.' }),
    expiresIn: Type.Integer({ description: 'Seconds until it expires.' }),
    url: Type.String({
      description: 'Open it in a browser: it ends at the clean URL, with a cookie for this surface.',
      format: 'uri',
    }),
  },
  {
    examples: [
      {
        ticket: 'eyJhbGciOiJSUzI1NiIs…',
        expiresIn: 30,
        url: 'http://gateway.example:30080/s/demo/terminal?ticket=eyJhbGciOiJSUzI1NiIs…',
      },
    ],
  },
);
export type TicketView = Static<typeof TicketView>;

const surfaceUrl = (description: string) => Type.String({ description, format: 'uri' });

export const UrlsView = Type.Object(
  {
    base: surfaceUrl('The URL of the sandbox; every other begins with it or, for preview by subdomain, has its domain.'),
    surfaces: Type.Object({
      rest: surfaceUrl('Base URL for the REST API and its SDKs, without a slash at its end.'),
      mcp: surfaceUrl('MCP over streamable HTTP.'),
      cdp: surfaceUrl('Base URL of the browser for DevTools clients.'),
      vnc: surfaceUrl('The screen.'),
      codeServer: surfaceUrl('VS Code.'),
      jupyter: surfaceUrl('JupyterLab.'),
      terminal: surfaceUrl('A terminal.'),
      preview: Type.String({ description: 'Any port of the sandbox: put its number in the place of {port}.' }),
    }),
  },
  {
    examples: [
      {
        base: 'http://gateway.example:30080/s/demo/',
        surfaces: {
          rest: 'http://gateway.example:30080/s/demo',
          mcp: 'http://gateway.example:30080/s/demo/mcp',
          cdp: 'http://gateway.example:30080/s/demo/cdp',
          vnc: 'http://gateway.example:30080/s/demo/vnc/index.html?autoconnect=true&resize=scale',
          codeServer: 'http://gateway.example:30080/s/demo/code-server/',
          jupyter: 'http://gateway.example:30080/s/demo/jupyter/',
          terminal: 'http://gateway.example:30080/s/demo/terminal',
          preview: 'http://gateway.example:30080/s/demo/proxy/{port}/',
        },
      },
    ],
  },
);
export type UrlsView = Static<typeof UrlsView>;
