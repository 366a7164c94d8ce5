import { VERSION } from '@sandfleet/server-kit';

export const SERVER_INFO = { name: 'sandfleet', title: 'sandfleet sandbox', version: VERSION } as const;
export const CAPABILITIES = { tools: { listChanged: true } } as const;

export const INSTRUCTIONS =
  'Tools of one sandbox, in which browser, shell, code and files share one file system. shell_exec runs commands, ' +
  'sandbox_execute_code Python and JavaScript, file_… work on files, browser_… on the browser that people see on the screen, ' +
  'markitdown_… turn documents into text. Relative paths begin in the workspace. Further tools are listed with ' +
  '?include_hidden=true in the URL of this server.';

/** Versions of the protocol whose messages all have the form that is spoken here, the newest first. */
export const PROTOCOL_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2024-10-07'] as const;
/** What a client without the header speaks. */
export const DEFAULT_VERSION = '2025-03-26';
/** From this version on a request is one message. */
const NO_BATCH_SINCE = '2025-06-18';

export const agreedVersion = (asked: unknown): string =>
  PROTOCOL_VERSIONS.find((version) => version === asked) ?? PROTOCOL_VERSIONS[0];
export const allowsBatch = (version: string): boolean => version < NO_BATCH_SINCE;
