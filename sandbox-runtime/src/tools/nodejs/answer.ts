import type { NodejsOutput, NodejsStatus } from '@sandfleet/contract/runtime';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';

/** An exception as the programs of the children tell it. */
export const NodeFailure = Type.Object({
  ename: Type.String(),
  evalue: Type.String(),
  traceback: Type.Array(Type.String(), { maxItems: 1000 }),
});
export type NodeFailure = Static<typeof NodeFailure>;

export interface NodeAnswer {
  readonly status: NodejsStatus;
  readonly outputs: readonly NodejsOutput[];
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  readonly executionCount?: number | undefined;
  readonly sessionId?: string | undefined;
  readonly hint?: string | undefined;
}

export const TIMEOUT_EXIT_CODE = 124;

export interface Parts {
  readonly stdout: string;
  readonly stderr: string;
  readonly value?: string | undefined;
  readonly failures: readonly NodeFailure[];
}

/** Standard output first: clients show the first output. */
export function outputsOf({ stdout, stderr, value, failures }: Parts): readonly NodejsOutput[] {
  return [
    ...(stdout === '' ? [] : [{ output_type: 'stream', name: 'stdout', text: stdout }]),
    ...(stderr === '' ? [] : [{ output_type: 'stream', name: 'stderr', text: stderr }]),
    ...(value === undefined ? [] : [{ output_type: 'execute_result', text: value, data: { 'text/plain': value }, metadata: {} }]),
    ...failures.map((failure) => ({ output_type: 'error', text: failure.traceback.join('\n'), ...failure })),
  ];
}

/** Standard error with the failures that the process did not print itself. */
export const withFailures = (stderr: string, failures: readonly NodeFailure[]): string =>
  stderr + failures.map(({ traceback }) => `${traceback.join('\n')}\n`).join('');

/** One line of a child: user code may have written it, so that it is checked like any input. */
export function parseLine<const S extends Parameters<typeof Value.Check>[1]>(schema: S, line: string): Static<S> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return Value.Check(schema, value) ? (value as Static<S>) : undefined;
  } catch {
    return undefined;
  }
}
