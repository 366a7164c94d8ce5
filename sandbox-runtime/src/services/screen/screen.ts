import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { Environment } from '../../config.ts';
import { isListening } from '../../is-listening.ts';
import type { Program, ServiceDefinition } from '../definition.ts';
import { removedSocket } from '../listening.ts';

export interface ScreenOptions {
  /** Number of the X display. */
  readonly display: number;
  readonly size: () => { readonly width: number; readonly height: number };
  /** Path of the socket for viewers; undefined shows the screen to nobody. */
  readonly vncSocket: string | undefined;
  /** With DISPLAY. */
  readonly env: Environment;
  readonly home: string;
  /** openbox.xml */
  readonly windowRules: string;
  readonly graceMs: number;
  readonly disabledBy: string | undefined;
  readonly makeFolder: () => Promise<void>;
}

const SOCKETS = '/tmp/.X11-unix';
const DEPTH = 24;

/** A screen in memory that VNC shows, and the manager of its windows. */
export function screen(options: ScreenOptions): ServiceDefinition {
  const { display, graceMs, disabledBy, makeFolder, vncSocket } = options;
  return {
    name: 'screen',
    disabledBy,
    needs: [],
    graceMs,
    prepare: async () => {
      await makeFolder();
      // The X server makes it too, but complains when it is not root.
      await mkdir(SOCKETS, { mode: 0o1777 }).catch(() => {});
      if (await isListening(socketOf(display))) throw new Error(`display :${display} is taken by another X server`);
      await clear(display, vncSocket);
      return [server(options), windowManager(options)];
    },
    clear: () => clear(display, vncSocket),
    fault: () => removedSocket([socketOf(display), ...(vncSocket === undefined ? [] : [vncSocket])]),
  };
}

const socketOf = (display: number): string => join(SOCKETS, `X${display}`);

/** A killed X server leaves these behind, and the next one would take the number in the lock for a living process. */
async function clear(display: number, vncSocket: string | undefined): Promise<void> {
  const paths = [socketOf(display), `/tmp/.X${display}-lock`, ...(vncSocket === undefined ? [] : [vncSocket])];
  await Promise.all(paths.map((path) => rm(path, { force: true })));
}

/**
 * Only sockets in the file system, which no web page can reach: no TCP for X and VNC, and no abstract socket, which containers
 * of the same pod could reach. Without -noreset the server would start over whenever its last client goes.
 */
function server({ display, size, vncSocket, env, home }: ScreenOptions): Program {
  const { width, height } = size();
  const picture = ['-displayfd', '1', '-geometry', `${width}x${height}`, '-depth', String(DEPTH)];
  const ways = ['-nolisten', 'tcp', '-nolisten', 'local', '-rfbport', '-1'];
  return {
    name: 'Xvnc',
    command: ['Xvnc', `:${display}`, ...picture, ...ways, ...(vncSocket === undefined ? [] : viewers(vncSocket)), ...X_OPTIONS],
    directory: home,
    env,
    // Written when the display takes clients.
    ready: { line: new RegExp(`^${display}$`), failure: /^Fatal server error/ },
  };
}

const viewers = (socket: string): readonly string[] => ['-rfbunixpath', socket, '-rfbunixmode', String(0o600)];

const MAX_CLIPBOARD = 1024 * 1024;
const X_OPTIONS = ['-noreset', '-SecurityTypes', 'None', '-AlwaysShared', '-AcceptSetDesktopSize', '-desktop', 'sandbox'].concat(
  ['-AcceptCutText', '-SendCutText', '-MaxCutText', String(MAX_CLIPBOARD)],
  ['-s', '0', '+extension', 'RANDR'],
);

const READY = 'openbox is ready';

function windowManager({ env, home, windowRules }: ScreenOptions): Program {
  return {
    name: 'openbox',
    command: ['openbox', '--sm-disable', '--config-file', windowRules, '--startup', `echo ${READY}`],
    directory: home,
    env,
    ready: { line: new RegExp(`^${READY}$`) },
    dispensable: true,
  };
}
