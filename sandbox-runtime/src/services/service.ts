import type { Family } from '../tools/bash/family.ts';

/** The heavy programs of a sandbox: they start when somebody first needs them and stop when nobody has for a while. */
export const SERVICE_NAMES = ['screen', 'browser', 'jupyter-lab', 'code-server'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

/**
 *     disabled            switched off by the environment: it never runs
 *     stopped ─ lease ─▶ starting ─ ready ─▶ running ─ idle, stop ─▶ stopping ─▶ stopped
 *                          ▲  │ exit                │ exit
 *                          └─ backing-off ◀─────────┘
 */
export type ServiceState = 'disabled' | 'stopped' | 'starting' | 'running' | 'stopping' | 'backing-off';

/** The right to use a running service. As long as one is held the service is not stopped for idleness. */
export interface Lease {
  /** Counts the starts of the service: a change means another process, and that all state of the old one is lost. */
  readonly generation: number;
  /** Aborted when this run of the service ends, for whatever reason. */
  readonly ended: AbortSignal;
  /** Gives the right back; more calls than one do nothing. */
  release(): void;
}

export interface ServiceExit {
  readonly code?: number | null | undefined;
  readonly signal?: string | null | undefined;
  readonly reason: string;
  readonly at: Date;
}

export interface ServiceStatus {
  readonly state: ServiceState;
  /** Of its first program. */
  readonly pid: number | undefined;
  /** Starts after a failure. */
  readonly restarts: number;
  readonly lastExit: ServiceExit | undefined;
  readonly runningSince: Date | undefined;
  /** Since the last lease was given back; undefined while there is one. */
  readonly idleSeconds: number | undefined;
}

export interface Service {
  readonly name: ServiceName;
  /**
   * Starts the service unless it runs, and waits until it takes calls.
   *
   * @throws ApiError SERVICE_DISABLED, or SERVICE_UNAVAILABLE with Retry-After when it did not come up within its limit
   * @throws the reason of `signal` when that is aborted first
   */
  lease(signal?: AbortSignal): Promise<Lease>;
  /**
   * Ends a run that nobody new can reach although it lives, so that the next lease gets another. A lease does so by itself where
   * nobody else holds one; this is for who can't do without. Never throws.
   */
  check(): Promise<void>;
  state(): ServiceState;
  /** Ends the service now, leases or not, and resolves when no process of it is left. A later lease starts it again. */
  stop(): Promise<void>;
  /** Starts it before anybody asks, and keeps it from idling until somebody has. Never throws. */
  warm(): void;
  status(): ServiceStatus;
  /** Its processes, while there are some. */
  family(): Family | undefined;
  /** Told each time that a run has begun or ended; returns what takes the listener off again. */
  onState(listener: (state: ServiceState) => void): () => void;
}

/** What a service listens on: numbers are TCP ports of the loopback device, texts are paths of UNIX sockets. */
export interface ServicePorts {
  /** RFB of the screen, without a password: a socket in the file system is out of reach for every web page. */
  readonly vnc: string;
  /** Chromium's DevTools. */
  readonly devtools: number;
  readonly jupyterLab: number;
  readonly codeServer: string;
}

export interface Services {
  get(name: ServiceName): Service;
  readonly ports: ServicePorts;
  /** X display of the screen, such as `:99`. */
  readonly display: string;
  /** Environment of programs that draw on the screen: the user's, with DISPLAY. */
  readonly screenEnv: Readonly<Record<string, string>>;
  /** What JupyterLab asks for as `Authorization: token …`; another one each start, so read it under a lease. */
  credential(name: 'jupyter-lab'): string;
  /** Size of the screen at its next start; a change while it runs is the display tool's to make. */
  screenSize: { readonly width: number; readonly height: number };
  /** What Chromium's next start takes over: the browser tool sets it before a hard restart. */
  browserOptions: BrowserOptions;
  /** Chromium's flags for its way out, asked for at each of its starts; the proxy tool puts its own here. None at first. */
  proxyFlags: () => readonly string[];
  /** Told how long each start of a service took. */
  onStarted(listener: (name: ServiceName, seconds: number) => void): void;
  /** Ends them all; called once, when the sandbox stops. */
  close(): Promise<void>;
}

export interface BrowserOptions {
  readonly locale?: string;
  readonly urlBlocklist?: readonly string[];
  readonly urlAllowlist?: readonly string[];
  /** undefined leaves it to the browser. */
  readonly allowFileSelectionDialogs?: boolean;
}
