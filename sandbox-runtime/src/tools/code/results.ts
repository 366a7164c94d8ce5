import type { CodeExecuteResponse } from '@sandfleet/contract/runtime';

import { TIMEOUT_EXIT_CODE, type NodeAnswer } from '../nodejs/answer.ts';
import type { PythonOutput, PythonRunner } from './runners.ts';

export type Result = Omit<CodeExecuteResponse, 'language' | 'code' | 'session_id'>;

/** Colours of a terminal, which tracebacks of kernels have. */
// oxlint-disable-next-line no-control-regex -- the escape character is what the sequence begins with
const COLOURS = /\u001b\[[0-9;]*m/g;

const textOf = (outputs: readonly PythonOutput[], name: string): string =>
  outputs.flatMap((output) => (output.output_type === 'stream' && output.name === name ? [output.text ?? ''] : [])).join('');

const tracebackOf = (outputs: readonly PythonOutput[]): string[] =>
  outputs.flatMap((output) => (output.output_type === 'error' ? [...(output.traceback ?? [])] : []));

/** Fields of an output that are not set are left out: an output is a plain object of its kind. */
const plain = (output: PythonOutput): Record<string, unknown> =>
  Object.fromEntries(Object.entries(output).filter(([, value]) => value !== undefined && value !== null));

const withTraceback = (traceback: string[]) => (traceback.length === 0 ? {} : { traceback });

export function pythonResult({ status, outputs }: Awaited<ReturnType<PythonRunner['execute']>>): Result {
  const traceback = tracebackOf(outputs);
  const failures = traceback.map((line) => `${line.replaceAll(COLOURS, '')}\n`).join('');
  return {
    status,
    outputs: outputs.map(plain),
    stdout: textOf(outputs, 'stdout'),
    stderr: textOf(outputs, 'stderr') + failures,
    exit_code: { ok: 0, error: 1, timeout: TIMEOUT_EXIT_CODE }[status],
    ...withTraceback(traceback),
  };
}

export function nodeResult({ status, outputs, stdout, stderr, exitCode }: NodeAnswer): Result {
  return {
    status,
    outputs: outputs.map(plain),
    stdout,
    stderr,
    exit_code: exitCode,
    ...withTraceback(tracebackOf(outputs)),
  };
}
