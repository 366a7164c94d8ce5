import { asObject, showing, shown, type Answer, type Presented, type ToolDefinition } from './tool-definition.ts';

const session = { session_id: 'id', sessionId: 'id' };

export const shellTools: readonly ToolDefinition[] = [
  {
    name: 'shell_exec',
    server: 'shell',
    operation: 'POST /v1/shell/exec',
    title: 'Run a command',
    description:
      'Runs a command in a shell session and answers with what it wrote. Without an id a session is made; with the id of an ' +
      'earlier answer its directory, variables and functions are still there. A command that is not done after `timeout` goes ' +
      'on: look at it with shell_view or shell_wait, type into it with shell_write, end it with shell_kill. For a server use ' +
      'async_mode.',
    effect: 'acts',
    openWorld: true,
    also: { ...session, cmd: 'command', cwd: 'exec_dir', working_dir: 'exec_dir' },
    present: commandText,
  },
  {
    name: 'shell_view',
    server: 'shell',
    operation: 'POST /v1/shell/view',
    title: 'Look at a shell session',
    effect: 'reads',
    also: session,
    present: commandText,
  },
  {
    name: 'shell_wait',
    server: 'shell',
    operation: 'POST /v1/shell/wait',
    title: 'Wait for a command',
    effect: 'reads',
    without: ['max_wait_seconds'],
    also: session,
    present: showing('status'),
  },
  {
    name: 'shell_write',
    server: 'shell',
    operation: 'POST /v1/shell/write',
    title: 'Type into a running command',
    effect: 'acts',
    also: { ...session, text: 'input' },
    prepare: (args) => ({ press_enter: true, ...args }),
    present: showing('status'),
  },
  {
    name: 'shell_kill',
    server: 'shell',
    operation: 'POST /v1/shell/kill',
    title: 'Stop the running command',
    effect: 'destroys',
    also: session,
    present: showing('status'),
  },
  {
    name: 'shell_create_session',
    server: 'shell',
    operation: 'POST /v1/shell/sessions/create',
    title: 'Create a shell session',
    effect: 'sets',
    also: { ...session, cwd: 'exec_dir' },
    present: showing('session_id'),
  },
  {
    name: 'shell_list_sessions',
    server: 'shell',
    operation: 'GET /v1/shell/sessions',
    title: 'List the shell sessions',
    effect: 'reads',
  },
  {
    name: 'shell_close_session',
    server: 'shell',
    operation: 'DELETE /v1/shell/sessions/{session_id}',
    title: 'Close a shell session',
    effect: 'destroys',
    also: { id: 'session_id' },
    present: ({ data }) => ({ text: 'The session is closed.', data }),
  },
  {
    name: 'bash_exec',
    server: 'shell',
    operation: 'POST /v1/bash/exec',
    title: 'Run a command with separate outputs',
    effect: 'acts',
    openWorld: true,
    hidden: true,
    also: { cmd: 'command', cwd: 'exec_dir' },
  },
  {
    name: 'bash_output',
    server: 'shell',
    operation: 'POST /v1/bash/output',
    title: 'Read the outputs of a command',
    effect: 'reads',
    hidden: true,
  },
  {
    name: 'bash_write',
    server: 'shell',
    operation: 'POST /v1/bash/write',
    title: 'Write to the input of a command',
    effect: 'acts',
    hidden: true,
  },
  {
    name: 'bash_kill',
    server: 'shell',
    operation: 'POST /v1/bash/kill',
    title: 'Signal a command',
    effect: 'destroys',
    hidden: true,
  },
];

/** The output as it is, and below it what a model must know besides. */
export function commandText(answer: Answer): Presented {
  // `console` says the same once more.
  const { console: _, ...data } = asObject(answer.data);
  const { output = '', status, exit_code: code, session_id: session } = data;
  const notes = [
    ...(status === undefined || status === 'completed' ? [] : [`status: ${shown(status)}`, `session: ${shown(session)}`]),
    ...(typeof code === 'number' && code !== 0 ? [`exit code: ${code}`] : []),
  ];
  const text = shown(output);
  if (notes.length === 0) return { text, data };
  return { text: `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}[${notes.join(', ')}]`, data };
}
