import type { InnerCall } from '../calls/inner-call.ts';

export const OWN_SERVERS = ['browser', 'file', 'shell', 'markitdown', 'sandbox'] as const;
export type OwnServer = (typeof OWN_SERVERS)[number];

export type Arguments = Readonly<Record<string, unknown>>;

/** What a call does to the sandbox, for clients that ask a person before some of them. */
export type Effect =
  /** Nothing changes. */
  | 'reads'
  /** Something changes; a second call changes it again. */
  | 'acts'
  /** Something changes; a second call with the same arguments changes nothing more. */
  | 'sets'
  /** What was there may be lost. */
  | 'destroys';

/** What the model reads, and the same as data. */
export interface Presented {
  readonly text: string;
  readonly data?: unknown;
}

/** The envelope of an operation that succeeded, or bare JSON. */
export interface Answer {
  readonly data?: unknown;
  readonly message?: string;
  readonly [field: string]: unknown;
}

/** A tool as it is published; all that can be taken from the contract of its operation is. */
export interface ToolDefinition {
  readonly name: string;
  readonly server: OwnServer;
  /** Method and path of the operation that the tool stands for, or mostly uses. */
  readonly operation: string;
  readonly title: string;
  readonly effect: Effect;
  /** Reaches beyond the sandbox. */
  readonly openWorld?: true;
  /** Not in a list unless asked for. */
  readonly hidden?: true;
  /** The operation's own words when left out. */
  readonly description?: string;
  /** Fields of the operation that a model has no use for. */
  readonly without?: readonly string[];
  /** Other names of arguments, and the operation's own. */
  readonly also?: Readonly<Record<string, string>>;
  /** Arguments of a tool that is more than its operation; replaces those of the operation. */
  readonly input?: Readonly<Record<string, unknown>>;
  /** Makes the operation's arguments. */
  readonly prepare?: (args: Arguments) => Arguments;
  /** The operation's `data` as it stands when left out. */
  readonly present?: (answer: Answer) => Presented;
  /** What a tool does that is more than one call. */
  readonly run?: (args: Arguments, call: InnerCall) => Promise<Presented>;
}

/** Text of one argument; others are not for the tool to judge. */
export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Anything as a person would read it. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  return JSON.stringify(value) ?? '';
}

/** Shows one field of the data as text. */
export const showing =
  (field: string) =>
  ({ data }: Answer): Presented => ({ text: shown(asObject(data)[field]), data });

/** Anything as an object, an empty one where it is none. */
export function asObject(value: unknown): Arguments {
  // An object that is no list has string keys and nothing is said of its values.
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Arguments) : {};
}

/** Anything as a list, an empty one where it is none. */
export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

/** A tool of the browser. */
export const browserTool = (
  name: string,
  operation: string,
  rest: Pick<ToolDefinition, 'title' | 'effect'> & Partial<ToolDefinition>,
): ToolDefinition => ({
  name,
  server: 'browser',
  operation,
  ...rest,
});
