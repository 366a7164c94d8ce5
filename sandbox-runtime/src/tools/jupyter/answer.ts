import type { JupyterOutput, JupyterStatus } from '@sandfleet/contract/runtime';

export interface KernelRequest {
  readonly code: string;
  readonly timeoutSeconds: number;
  readonly sessionId?: string | undefined;
  readonly kernelName?: string | undefined;
  /** As callers write it: absolute, or relative to the workspace. */
  readonly cwd?: string | undefined;
  /** The session stays for later calls; otherwise a kernel of its own runs the code and is thrown away. */
  readonly keep: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface KernelAnswer {
  readonly sessionId: string;
  readonly kernelName: string;
  readonly status: JupyterStatus;
  readonly executionCount?: number | undefined;
  readonly outputs: readonly JupyterOutput[];
  readonly messageId?: string | undefined;
  readonly hint?: string | undefined;
}
