/** What the home page shows, each in a frame of its own. */
export const SURFACES = [
  {
    name: 'browser',
    title: 'Browser',
    about: 'The screen of the sandbox with its browser, to watch and to take over.',
    service: 'browser',
    path: 'vnc/index.html?autoconnect=true&resize=scale',
  },
  {
    name: 'code',
    title: 'Code',
    about: 'VS Code on the files of the sandbox.',
    service: 'code-server',
    path: 'code-server/',
  },
  {
    name: 'terminal',
    title: 'Terminal',
    about: 'A shell. It goes on when this page is closed, and is found again by the URL.',
    service: undefined,
    path: 'terminal/',
  },
  {
    name: 'jupyter',
    title: 'Jupyter',
    about: 'JupyterLab: notebooks on the files of the sandbox.',
    service: 'jupyter-lab',
    path: 'jupyter/lab',
  },
] as const;
export type Surface = (typeof SURFACES)[number];
export type SurfaceName = Surface['name'];

export interface ServiceState {
  readonly name: string;
  readonly state: string;
  readonly memory_bytes?: number;
}

/** How a surface's service is shown. */
export interface Standing {
  readonly kind: 'idle' | 'busy' | 'running' | 'failed' | 'disabled';
  readonly words: string;
}

const MEBIBYTE = 1024 * 1024;

export function standingOf({ service }: Pick<Surface, 'service'>, services: readonly ServiceState[]): Standing {
  if (service === undefined) return { kind: 'idle', words: 'Starts at once.' };
  const found = services.find(({ name }) => name === service);
  const state = found?.state ?? 'unknown';
  if (state === 'disabled')
    return { kind: 'disabled', words: 'Switched off for this sandbox by the settings that it was started with.' };
  if (state === 'running') return { kind: 'running', words: `Running, ${memoryOf(found)}.` };
  if (state === 'starting' || state === 'stopping') return { kind: 'busy', words: `It is ${state} now.` };
  if (state === 'backing-off') return { kind: 'failed', words: 'It failed, and is tried again when it is next used.' };
  return {
    kind: 'idle',
    words: state === 'stopped' ? 'Not running; it starts when you open it.' : 'Its state is not known yet.',
  };
}

const memoryOf = (service: ServiceState | undefined): string =>
  `${Math.round((service?.memory_bytes ?? 0) / MEBIBYTE)} MiB of memory`;
