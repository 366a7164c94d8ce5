import { Type } from 'typebox';

/** Commands of the bash tool. */
export const bashVariables = {
  MAX_BASH_SESSIONS: Type.Integer({ minimum: 1, maximum: 10_000, default: 64, description: 'bash sessions at once' }),
  MAX_BASH_COMMANDS: Type.Integer({ minimum: 1, maximum: 10_000, default: 128, description: 'bash commands that run at once' }),
  BASH_FINISHED_COMMANDS: Type.Integer({
    minimum: 1,
    maximum: 10_000,
    default: 100,
    description: 'finished commands that each bash session keeps',
  }),
  BASH_OUTPUT_BYTES: Type.Integer({
    minimum: 1024,
    maximum: 256 * 1024 * 1024,
    default: 16 * 1024 * 1024,
    description: 'bytes kept of each stream of a bash command, the last ones',
  }),
  BASH_TOTAL_OUTPUT_BYTES: Type.Integer({
    minimum: 1024,
    maximum: 4 * 1024 * 1024 * 1024,
    default: 64 * 1024 * 1024,
    description: 'bytes kept of all bash commands together',
  }),
  BASH_KILL_GRACE_SECONDS: Type.Number({
    minimum: 0,
    maximum: 600,
    default: 3,
    description: 'what a bash command gets to end by itself before it is killed',
  }),
} as const;
