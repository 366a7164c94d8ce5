import type { Contract, Operation } from '@sandfleet/contract';

import { EXAMPLES, type Example } from './manual-examples.ts';

/** The manual for agents, made of the contract: what is not there is not told, and what is new is told by itself. */
export function manualOf(contract: Contract, version: string): string {
  return [
    `# Sandbox ${version}`,
    '',
    ...INTRODUCTION,
    '',
    '## Main calls',
    '',
    ...EXAMPLES.flatMap((example) => exampleLines(contract[example.operation], example)),
    '## All operations',
    '',
    'A field with `*` is required. Details, limits and answers: GET /v1/openapi.json, or /v1/docs for people.',
    ...operationLines(contract),
    '',
  ].join('\n');
}

const INTRODUCTION = [
  'A machine for one agent: shell, files, code, a real browser on a screen, editors and previews, over one file system and under',
  'one HTTP port. Paths below count from the URL of this file without `llms.txt`.',
  '',
  '- Bodies are JSON, or a query for GET. Answers are `{"success", "message", "data", "hint"?}`: with status 200 and',
  '  `success: false` the tool failed, and `message` says why. 422 names the fields that were refused in `detail`.',
  '- Where the sandbox asks for a credential: `Authorization: Bearer TOKEN`, or `X-AIO-API-Key: KEY`. Programs inside of it need',
  '  none over the UNIX socket that $SANDFLEET_SOCKET names (`curl --unix-socket "$SANDFLEET_SOCKET" http://localhost/v1/ping`).',
  '- The same tools by MCP (streamable HTTP): `mcp`. Chromium by DevTools: `cdp` (Playwright: connect_over_cdp).',
  '- In a shell of the sandbox: the command `aio` (`aio --help`).',
  '- For people: `/` (everything side by side), `/vnc/index.html` (screen), `/code-server/` (VS Code), `/jupyter` (JupyterLab),',
  '  `/terminal`, and `/proxy/{port}/` for a server that listens on a port here.',
  '- Browser, screen and editors start with their first use and stop when nobody uses them.',
];

function exampleLines(operation: Operation | undefined, { purpose, body, query }: Example): string[] {
  if (operation === undefined) return [];
  const search = query === undefined ? '' : `?${new URLSearchParams(query).toString()}`;
  const call = `${operation.method} ${operation.path}${search}`;
  return [`${purpose}:`, `    ${call}`, ...(body === undefined ? [] : [`    ${JSON.stringify(body)}`]), ''];
}

function operationLines(contract: Contract): string[] {
  const operations = Object.values(contract);
  const tags = [...new Set(operations.map(({ tag }) => tag))];
  const linesOf = (wanted: string) => operations.filter(({ tag }) => tag === wanted).map(operationLine);
  return tags.flatMap((tag) => ['', `### ${tag}`, '', ...linesOf(tag)]);
}

function operationLine(operation: Operation): string {
  const fields = [operation.querystring, operation.body].flatMap(fieldsOf);
  const told = fields.length === 0 ? '' : ` (${fields.join(', ')})`;
  return `- ${operation.method} ${operation.path}${told}: ${operation.summary}`;
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
}

function fieldsOf(schema: unknown): string[] {
  if (schema === undefined) return [];
  // A body or a query is an object; one without properties of its own names none.
  const { properties = {}, required = [] } = schema as ObjectSchema;
  return Object.keys(properties).map((name) => (required.includes(name) ? `${name}*` : name));
}
