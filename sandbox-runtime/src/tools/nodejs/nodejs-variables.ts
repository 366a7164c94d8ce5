import { Type } from 'typebox';

/** Runs and sessions of Node.js. */
export const nodejsVariables = {
  MAX_NODEJS_SESSIONS: Type.Integer({ minimum: 1, maximum: 1000, default: 16, description: 'Node.js sessions at once' }),
  SANDFLEET_NODEJS_RUNS: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 8,
    description: 'Node.js runs without a session at once',
  }),
  SANDFLEET_NODEJS_OUTPUT_BYTES: Type.Integer({
    minimum: 1024,
    maximum: 268_435_456,
    default: 10_485_760,
    description: 'bytes of standard output, and of standard error, that the answer of one Node.js run holds',
  }),
} as const;
