import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';

/** What the server asks of `kernel_host.py`; an answer comes to those that have an id. */
export type HostRequest =
  | { readonly op: 'start'; readonly kernel: string; readonly python: string }
  | { readonly op: 'execute'; readonly kernel: string; readonly code: string; readonly cwd?: string }
  | { readonly op: 'stop'; readonly kernel: string; readonly grace: number };
export type HostOrder = { readonly op: 'mute' | 'interrupt'; readonly kernel: string };

const id = Type.Integer();
const bundle = Type.Record(Type.String(), Type.Unknown());

const HostOutput = Type.Union([
  Type.Object({ type: Type.Literal('stream'), name: Type.Enum(['stdout', 'stderr']), text: Type.String() }),
  Type.Object({
    type: Type.Enum(['display_data', 'execute_result', 'update_display_data']),
    data: bundle,
    metadata: bundle,
    execution_count: Type.Optional(Type.Integer()),
    display_id: Type.Optional(Type.String()),
  }),
  Type.Object({
    type: Type.Literal('error'),
    ename: Type.String(),
    evalue: Type.String(),
    traceback: Type.Array(Type.String()),
  }),
  Type.Object({ type: Type.Literal('clear_output'), wait: Type.Boolean() }),
  Type.Object({ type: Type.Literal('dropped') }),
]);
export type HostOutput = Static<typeof HostOutput>;

const Ready = Type.Object({
  event: Type.Literal('ready'),
  python: Type.String(),
  interpreters: Type.Record(Type.String(), Type.String()),
  user_site: Type.String(),
});
export type Ready = Static<typeof Ready>;

const Answer = Type.Union([
  Type.Object({ event: Type.Literal('started'), id, pid: Type.Integer({ minimum: 2 }) }),
  Type.Object({
    event: Type.Literal('done'),
    id,
    status: Type.Enum(['ok', 'error', 'died']),
    message_id: Type.String(),
    execution_count: Type.Optional(Type.Integer()),
    code: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
  }),
  Type.Object({ event: Type.Literal('stopped'), id }),
  Type.Object({ event: Type.Literal('failed'), id, message: Type.String() }),
]);
export type Answer = Static<typeof Answer>;
export type Done = Extract<Answer, { event: 'done' }>;

const HostEvent = Type.Union([
  Ready,
  Answer,
  Type.Object({ event: Type.Literal('unavailable'), message: Type.String() }),
  Type.Object({ event: Type.Literal('output'), id, output: HostOutput }),
  Type.Object({ event: Type.Literal('exited'), kernel: Type.String(), code: Type.Integer() }),
]);
export type HostEvent = Static<typeof HostEvent>;

/**
 * The host runs as the same user as the code in its kernels, which can write to its output: what is no event is nothing.
 */
export function parseEvent(line: string): HostEvent | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return Value.Check(HostEvent, value) ? value : undefined;
  } catch {
    return undefined;
  }
}
