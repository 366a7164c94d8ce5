import type { Address } from './address.ts';
import { addressOf, type Surroundings } from './address.ts';
import type { Command } from './command.ts';
import { findCommand, type Found } from './groups.ts';
import { EXIT, outcomeOf, type Exit, type Outcome } from './outcome.ts';
import { readCall, type Call } from './read-call.ts';
import { send, UnreachableError } from './send.ts';
import { readSettings, type Settings } from './settings.ts';
import { harmless, show, textOf } from './show.ts';
import { UsageError } from './usage-error.ts';

/** All that the program has of the world around it. */
export interface World extends Surroundings {
  readonly version: string;
  readonly isTerminal: boolean;
  print(content: string | Uint8Array): void;
  complain(text: string): void;
  /** All of standard input. */
  readInput(): Promise<string>;
  readFile(path: string): Promise<Buffer | undefined>;
  writeFile(path: string, content: string | Uint8Array): Promise<void>;
}

/** Runs one command line; gives the status to exit with. */
export async function run(args: readonly string[], world: World): Promise<Exit> {
  try {
    return await runWith(readSettings(args), world);
  } catch (error) {
    if (error instanceof UsageError) {
      world.complain(`aio: ${harmless(error.message)}\nTry --help.`);
      return EXIT.usage;
    }
    if (!(error instanceof UnreachableError)) throw error;
    world.complain(`aio: ${harmless(error.message)}`);
    return EXIT.unreachable;
  }
}

async function runWith(settings: Settings, world: World): Promise<Exit> {
  const { words } = settings;
  if (settings.wantsVersion) return say(world, `aio ${world.version}`);
  if (words[0] === 'completion') return completion(words.slice(1), world);
  const found = findCommand(words);
  if (found.kind !== 'command' || settings.wantsHelp) return help(found, settings, world);
  const { command, rest } = found;
  const input = rest.includes('-') ? await world.readInput() : undefined;
  const written = rest.map((word) => (word === '-' && input !== undefined ? input : word));
  const address = addressOf(settings.apiUrl, world);
  if (command.each !== undefined && written.length === 0) return forEach({ command, settings, world, address });
  const call = readCall(command, written);
  const outcome = await perform({ command, settings, world, address }, withFormat(call, command, settings.output));
  return tell(outcome, settings, world);
}

interface Task {
  readonly command: Command;
  readonly settings: Settings;
  readonly world: World;
  readonly address: Address;
}

async function perform({ command, settings, world, address }: Task, call: Call): Promise<Outcome> {
  const token = settings.token ?? (world.env['AIO_TOKEN'] || undefined);
  const form = await uploadOf(command, call, world);
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  const answer = await send(address, { method: call.method, path: call.path, token, body, ...form });
  return outcomeOf(answer, command.isWhole === true);
}

/** A command that was asked of nothing in particular is asked of each; what the others answer is shown where one fails. */
async function forEach(task: Task): Promise<Exit> {
  const list = await perform(task, readCall({ name: '', operation: task.command.each ?? '' }, []));
  if (list.kind !== 'data' || !Array.isArray(list.data)) return tell(list, task.settings, task.world);
  const results: Record<string, unknown>[] = [];
  let exit: Exit = EXIT.ok;
  for (const name of list.data.map(String)) {
    const outcome = await perform(task, readCall(task.command, [name]));
    if (outcome.kind === 'failure') {
      exit = EXIT.refused;
      task.world.complain(`aio: ${name}: ${harmless(outcome.message)}`);
    }
    if (outcome.kind === 'data') results.push({ server: name, ...(outcome.data as object) });
  }
  const told = await tell({ kind: 'data', data: results.flatMap(unfolded), hint: undefined }, task.settings, task.world);
  return exit === EXIT.ok ? told : exit;
}

/** One row for each tool rather than for each server. */
function unfolded({ server, tools }: Record<string, unknown>): object[] {
  return Array.isArray(tools) ? tools.map((tool: object) => ({ server, ...tool })) : [];
}

/** The ending of the file tells the format, where the call leaves it open. */
function withFormat(call: Call, { operation }: Command, output: string | undefined): Call {
  const isPicture = operation.endsWith('screenshot') && !/[?&]format=/.test(call.path);
  if (!isPicture || !/\.jpe?g$/i.test(output ?? '')) return call;
  return { ...call, path: `${call.path}${call.path.includes('?') ? '&' : '?'}format=jpeg` };
}

async function uploadOf({ upload }: Command, { body = {} }: Call, world: World) {
  const path = upload === undefined ? undefined : body[upload.field];
  if (upload === undefined || typeof path !== 'string' || !path.endsWith(upload.ending)) return {};
  const content = await world.readFile(path);
  if (content === undefined) throw new UsageError(`There is no file ${path}`);
  const { path: _, ...rest } = body;
  const { multipart } = await import('./multipart.ts');
  return multipart(rest, { name: 'file', filename: path.split('/').at(-1) ?? 'file', content });
}

async function tell(outcome: Outcome, settings: Settings, world: World): Promise<Exit> {
  const isJson = settings.format === undefined ? !world.isTerminal : settings.format === 'json';
  if (outcome.kind === 'failure') {
    world.complain(`aio: ${harmless(outcome.message)}`);
    if (isJson && outcome.data !== null && outcome.data !== undefined) world.print(`${JSON.stringify(outcome.data)}\n`);
    return outcome.exit;
  }
  if (outcome.kind === 'data' && outcome.hint !== undefined) world.complain(`hint: ${harmless(outcome.hint)}`);
  const content = outcome.kind === 'bytes' ? outcome.content : undefined;
  if (settings.output !== undefined && settings.output !== '-') {
    const file = content ?? textOf(outcome.kind === 'data' ? outcome.data : undefined);
    await written(settings.output, file, world);
    return say(
      world,
      isJson ? JSON.stringify({ path: settings.output, bytes: Buffer.byteLength(file) }) : `Wrote ${settings.output}`,
    );
  }
  if (outcome.kind === 'bytes') return tellBytes(outcome, settings, world);
  if (settings.output === '-') return print(world, textOf(outcome.data));
  return say(world, isJson ? JSON.stringify(outcome.data ?? null, null, world.isTerminal ? 2 : 0) : show(outcome.data));
}

async function written(path: string, content: string | Uint8Array, world: World): Promise<void> {
  try {
    await world.writeFile(path, content);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new UsageError(`${path} can't be written (${code})`, { cause: error });
  }
}

function tellBytes(outcome: Extract<Outcome, { kind: 'bytes' }>, { output, format }: Settings, world: World): Exit {
  const { content, contentType } = outcome;
  const isText = /^text\//i.test(contentType);
  if (isText && output !== '-') {
    const text = content.toString();
    return say(world, format === 'json' ? JSON.stringify(text) : harmless(text.replace(/\n$/, '')));
  }
  if (world.isTerminal && !isText)
    throw new UsageError(`The answer is ${contentType}, which is nothing for a terminal: add -o FILE`);
  return print(world, content);
}

async function help(found: Found, { wantsHelp }: Settings, world: World): Promise<Exit> {
  const { overview, groupHelp, commandHelp } = await import('./help.ts');
  if (found.kind === 'command') return say(world, commandHelp(found.group, found.command));
  const text = found.kind === 'group' ? groupHelp(found.group) : overview();
  const { unknown } = found;
  if (wantsHelp || unknown === undefined) return say(world, text);
  world.complain(`aio: there is no ${found.kind === 'group' ? `${found.group.name} ` : ''}${harmless(unknown)}\n\n${text}`);
  return EXIT.usage;
}

async function completion([shell]: readonly string[], world: World): Promise<Exit> {
  if (shell !== 'bash') throw new UsageError('usage: aio completion bash');
  const { bashCompletion } = await import('./completion.ts');
  return print(world, bashCompletion());
}

function say(world: World, text: string): Exit {
  return print(world, `${text}\n`);
}

function print(world: World, content: string | Uint8Array): Exit {
  world.print(content);
  return EXIT.ok;
}
