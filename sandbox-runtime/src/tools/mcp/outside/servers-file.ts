import { readFile, stat } from 'node:fs/promises';

import { asList, asObject, type Arguments } from '../catalog/tool-definition.ts';

export interface CommandServer {
  readonly kind: 'command';
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly directory: string | undefined;
}

export interface UrlServer {
  readonly kind: 'url';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** The transport before streamable HTTP. */
  readonly isSse: boolean;
}

export type ServerEntry = CommandServer | UrlServer;

export interface ServersFile {
  readonly servers: ReadonlyMap<string, ServerEntry>;
  readonly disabled: readonly string[];
  /** What is wrong with the file; entries that are right count all the same. */
  readonly problems: readonly string[];
}

export const MAX_SERVERS = 32;
const MAX_FILE_BYTES = 1024 * 1024;
/** Clients allow so much in names of tools, of which it becomes a part. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,47}$/;
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/;
const HEADER_VALUE = /^[\t\u0020-\u007E\u0080-\u00FF]{0,8192}$/;

export const NO_SERVERS: ServersFile = { servers: new Map(), disabled: [], problems: [] };

/** Reads the file; one that is not there has no servers. */
export async function readServersFile(path: string, isTaken: (name: string) => boolean): Promise<ServersFile> {
  try {
    const file = await stat(path);
    // To read a pipe or a device may take for ever.
    if (!file.isFile()) return { ...NO_SERVERS, problems: ['it is no file'] };
    const { size } = file;
    if (size > MAX_FILE_BYTES) return { ...NO_SERVERS, problems: [`the file has more than ${MAX_FILE_BYTES} bytes`] };
    return parseServersFile(await readFile(path, 'utf8'), isTaken);
  } catch (error) {
    // Whatever keeps a file from being read has a code; without one it is a bug.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return NO_SERVERS;
    if (code === undefined) throw error;
    return { ...NO_SERVERS, problems: [`the file can't be read (${code})`] };
  }
}

/** `{"mcpServers": {name: {command, args, env, cwd} or {url, headers, type}}}`, as MCP clients have it. */
export function parseServersFile(text: string, isTaken: (name: string) => boolean): ServersFile {
  const root = parseJson(text);
  if (root === undefined) return { ...NO_SERVERS, problems: ['the file is not JSON'] };
  const listed = asObject(root)['mcpServers'] ?? asObject(root)['servers'];
  if (listed === undefined) return { ...NO_SERVERS, problems: ['the file has no mcpServers'] };
  const servers = new Map<string, ServerEntry>();
  const disabled: string[] = [];
  const problems: string[] = [];
  for (const [name, value] of Object.entries(asObject(listed))) {
    const problem = servers.size === MAX_SERVERS ? `more than ${MAX_SERVERS} servers` : problemOf(name, isTaken);
    const entry = problem === undefined ? entryOf(asObject(value)) : problem;
    if (typeof entry === 'string') problems.push(`${JSON.stringify(name.slice(0, 64))}: ${entry}`);
    else if (isOff(asObject(value))) disabled.push(name);
    else servers.set(name, entry);
  }
  return { servers, disabled, problems: problems.slice(0, MAX_SERVERS) };
}

const isOff = (value: Arguments): boolean => value['disabled'] === true || value['enabled'] === false;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function problemOf(name: string, isTaken: (name: string) => boolean): string | undefined {
  if (!NAME.test(name)) return 'a name has 1 to 48 letters, digits, - and _, and begins with a letter or digit';
  return isTaken(name) ? 'the sandbox has a server of this name itself' : undefined;
}

function entryOf(value: Arguments): ServerEntry | string {
  if (typeof value['url'] === 'string') return urlEntry(value['url'], value);
  const { command, args = [], env = {}, cwd } = value;
  if (typeof command !== 'string' || command === '' || command.includes('\0')) return 'it needs a command or a url';
  if (!isTexts(asList(args)) || !Array.isArray(args)) return 'args is no list of texts';
  if (!isTexts(Object.values(asObject(env)))) return 'env has a value that is no text';
  if (cwd !== undefined && typeof cwd !== 'string') return 'cwd is no text';
  // Both were looked through above.
  return { kind: 'command', command, args: args as string[], env: asObject(env) as Record<string, string>, directory: cwd };
}

function urlEntry(address: string, { headers = {}, type }: Arguments): ServerEntry | string {
  if (!URL.canParse(address)) return 'the url is none';
  const url = new URL(address);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'the url is neither http nor https';
  const pairs = Object.entries(asObject(headers));
  if (pairs.some(([name, value]) => !HEADER_NAME.test(name) || typeof value !== 'string' || !HEADER_VALUE.test(value))) {
    return 'a header is none';
  }
  // Each value was seen to be a text.
  return { kind: 'url', url, headers: asObject(headers) as Record<string, string>, isSse: type === 'sse' };
}

const isTexts = (values: readonly unknown[]): boolean =>
  values.every((value) => typeof value === 'string' && !value.includes('\0'));
