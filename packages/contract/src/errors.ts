/** Every error code that a sandfleet server answers with: its HTTP status, a title that never changes, and what to do about it. */
export const ERRORS = {
  BAD_REQUEST: { status: 400, title: 'Bad request', remediation: 'Correct the request and send it again.' },
  BAD_PATH: { status: 400, title: 'Bad path', remediation: 'Send the path without encoded slashes, dots or control characters.' },
  UNAUTHENTICATED: {
    status: 401,
    title: 'Not authenticated',
    remediation: 'Send a valid credential in the Authorization header.',
  },
  FORBIDDEN: { status: 403, title: 'Not allowed', remediation: 'Use a credential that carries the missing permission.' },
  WRONG_SANDBOX: {
    status: 403,
    title: 'Credential of another sandbox',
    remediation: 'Ask the control plane for a token of this sandbox.',
  },
  SCOPE_MISSING: {
    status: 403,
    title: 'Outside the scope of the credential',
    remediation: 'Ask for a token whose scope has this surface.',
  },
  ORIGIN_REFUSED: { status: 403, title: 'Origin refused', remediation: 'Open the page from the URL of the sandbox itself.' },
  QUOTA_EXCEEDED: { status: 403, title: 'Quota exceeded', remediation: 'Delete sandboxes, or ask for a larger quota.' },
  NOT_FOUND: { status: 404, title: 'Not found', remediation: 'See /openapi.json for the routes there are.' },
  SANDBOX_NOT_FOUND: { status: 404, title: 'Sandbox not found', remediation: 'List the sandboxes to see the ids there are.' },
  SESSION_NOT_FOUND: { status: 404, title: 'Session not found', remediation: 'Create the session first, or leave its id out.' },
  PATH_NOT_FOUND: { status: 404, title: 'Path not found', remediation: 'Send the path of a file or directory that is there.' },
  WATCHER_NOT_FOUND: {
    status: 404,
    title: 'Watcher not found',
    remediation: 'Create a watcher first; unread ones end by themselves.',
  },
  SKILL_NOT_FOUND: { status: 404, title: 'Skill not found', remediation: 'List the skills to see the names there are.' },
  MCP_SERVER_NOT_FOUND: {
    status: 404,
    title: 'MCP server not found',
    remediation: 'List the servers at /v1/mcp/servers to see the names there are.',
  },
  MCP_TOOL_NOT_FOUND: {
    status: 404,
    title: 'MCP tool not found',
    remediation: 'List the tools of the server to see the names there are.',
  },
  COMMAND_NOT_FOUND: {
    status: 404,
    title: 'Command not found',
    remediation: 'Leave the command id out for the latest; old finished commands are dropped.',
  },
  TAB_NOT_FOUND: { status: 404, title: 'Tab not found', remediation: 'List the tabs to see the numbers there are.' },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: 'Method not allowed',
    remediation: 'See /openapi.json for the methods of this route.',
  },
  NAME_TAKEN: { status: 409, title: 'Name taken', remediation: 'Choose another name, or leave it out to have one made.' },
  CONFLICT: { status: 409, title: 'Conflict', remediation: 'Read the object again and repeat the request.' },
  SANDBOX_GONE: {
    status: 410,
    title: 'Sandbox gone',
    remediation: 'This credential belongs to a sandbox that was deleted; ask for a new one.',
  },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'Payload too large', remediation: 'Send a smaller body.' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'Unsupported media type', remediation: 'Send application/json.' },
  UNKNOWN_HOST: { status: 421, title: 'Unknown host', remediation: 'Use the URL that the control plane gave.' },
  VALIDATION_FAILED: { status: 422, title: 'Validation failed', remediation: 'Correct the fields named in errors.' },
  TOO_MANY_REQUESTS: { status: 429, title: 'Too many requests', remediation: 'Wait for the time in Retry-After.' },
  SESSION_LIMIT: { status: 429, title: 'Too many sessions', remediation: 'Close a session that is not needed any more.' },
  WATCHER_LIMIT: { status: 429, title: 'Too much is watched', remediation: 'End a watcher, or watch a smaller tree.' },
  INTERNAL: { status: 500, title: 'Internal error', remediation: 'Look up the request id in the logs of the server.' },
  UPSTREAM_FAILED: {
    status: 502,
    title: 'Upstream failed',
    remediation: 'Try again; if it stays, look at the state of the sandbox.',
  },
  SANDBOX_NOT_READY: { status: 503, title: 'Sandbox not ready', remediation: 'Wait for the time in Retry-After.' },
  NOT_READY: { status: 503, title: 'Not ready', remediation: 'Wait for the time in Retry-After.' },
  TOOL_UNAVAILABLE: {
    status: 503,
    title: 'Tool unavailable',
    remediation: 'Install what the message names, or use another tool.',
  },
  SERVICE_DISABLED: {
    status: 503,
    title: 'Service disabled',
    remediation: 'Start the sandbox without the DISABLE_ variable that the message names.',
  },
  SERVICE_UNAVAILABLE: {
    status: 503,
    title: 'Service unavailable',
    remediation: 'Wait for the time in Retry-After; GET /v1/services says how its last run ended.',
  },
  BROWSER_GONE: {
    status: 503,
    title: 'Browser gone',
    remediation: 'Call again: the next call starts the browser anew, without its tabs.',
  },
  KUBERNETES_UNAVAILABLE: { status: 503, title: 'Kubernetes unavailable', remediation: 'Try again in a few seconds.' },
  UPSTREAM_TIMEOUT: {
    status: 504,
    title: 'Upstream timed out',
    remediation: 'Try again; if it stays, look at the state of the sandbox.',
  },
  STORAGE_FULL: { status: 507, title: 'No space left', remediation: 'Delete what is not needed any more, and call again.' },
} as const satisfies Record<string, { status: number; title: string; remediation: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** One field that the door refused: where it stands (`['body', 'env', 'A']`), what is wrong, and the rule that said so. */
export interface FieldError {
  readonly location: readonly (string | number)[];
  readonly message: string;
  readonly rule: string;
}

export interface ApiErrorOptions {
  /** What was wrong, for the caller; never a stack, never a secret. */
  readonly message: string;
  readonly cause?: unknown;
  readonly fields?: readonly FieldError[];
  readonly retryAfterSeconds?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The one error that handlers throw for a caller to see. Anything else becomes INTERNAL at the edge. */
export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly fields: readonly FieldError[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, options: ApiErrorOptions) {
    super(options.message, { cause: options.cause });
    this.name = 'ApiError';
    this.code = code;
    this.status = ERRORS[code].status;
    this.fields = options.fields ?? [];
    this.headers = {
      ...options.headers,
      ...(options.retryAfterSeconds === undefined ? {} : { 'retry-after': String(Math.ceil(options.retryAfterSeconds)) }),
    };
  }
}
