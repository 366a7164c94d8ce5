import type { NodeAnswer } from '../nodejs/answer.ts';
import type { NodeRequest } from '../nodejs/node-runs.ts';

/** What an execution in a kernel may put out, as far as this tool looks at it; the rest is handed on. */
export interface PythonOutput {
  readonly output_type: string;
  readonly name?: string | undefined;
  readonly text?: string | undefined;
  readonly ename?: string | undefined;
  readonly evalue?: string | undefined;
  readonly traceback?: readonly string[] | undefined;
}

export interface PythonRunner {
  execute(request: {
    readonly code: string;
    readonly timeoutSeconds: number;
    readonly sessionId?: string | undefined;
    readonly cwd?: string | undefined;
    readonly keep: boolean;
    readonly signal?: AbortSignal | undefined;
  }): Promise<{
    readonly sessionId: string;
    readonly status: 'ok' | 'error' | 'timeout';
    readonly outputs: readonly PythonOutput[];
    readonly hint?: string | undefined;
  }>;
}

export interface NodeRunner {
  execute(request: NodeRequest): Promise<NodeAnswer>;
}

export interface Runners {
  readonly python: PythonRunner;
  readonly node: NodeRunner;
}
