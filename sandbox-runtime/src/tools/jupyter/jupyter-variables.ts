import { Type } from 'typebox';

/** Kernels. */
export const jupyterVariables = {
  MAX_JUPYTER_SESSIONS: Type.Integer({ minimum: 1, maximum: 1000, default: 16, description: 'kernels of sessions at once' }),
  MAX_UNNAMED_JUPYTER_SESSIONS: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 4,
    description: 'sessions at once that were made without an id and never used again',
  }),
  JUPYTER_SESSION_TIMEOUT_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 2_000_000,
    default: 1800,
    description: 'seconds without use after which a kernel session ends',
  }),
  JUPYTER_IDLE_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 2_000_000,
    default: 300,
    description: 'seconds without any kernel session after which the host of the kernels ends',
  }),
  JUPYTER_WARM_KERNELS: Type.Integer({
    minimum: 0,
    maximum: 16,
    default: 1,
    description: 'unused kernels that are kept ready once the first was asked for',
  }),
  JUPYTER_OUTPUT_BYTES: Type.Integer({
    minimum: 1024,
    maximum: 104_857_600,
    default: 10_485_760,
    description: 'size of the outputs that one execution keeps',
  }),
} as const;
