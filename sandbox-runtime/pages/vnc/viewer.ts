import RFB from '@novnc/novnc';

import { element } from '../shared/element.ts';
import type { Settings } from './settings.ts';
import type { Status } from '../shared/status.ts';

/** What came first: the reason of the socket's end is told before noVNC tells that it ended. */
interface Ending {
  code: number;
  reason: string;
}

/** Who refused or is not there will not change its mind. */
const FINAL = new Set([1003, 1008]);

export interface ViewerOptions {
  readonly settings: Settings;
  readonly status: Status;
  onText(text: string): void;
  onConnection(isConnected: boolean): void;
}

/** The connection to the screen: made, kept up and made again. */
export class Viewer {
  readonly #options: ViewerOptions;
  #rfb: RFB | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isFitted: boolean;
  #isWanted = false;

  constructor(options: ViewerOptions) {
    this.#options = options;
    this.#isFitted = options.settings.resize === 'scale';
  }

  connect(): void {
    const { settings, status } = this.#options;
    clearTimeout(this.#timer);
    this.#isWanted = true;
    status.show('Connecting. A screen that does not run is being started.');
    const ending: Ending = { code: 0, reason: '' };
    try {
      const socket = new WebSocket(settings.socketUrl);
      socket.addEventListener('close', ({ code, reason }) => Object.assign(ending, { code, reason }));
      const { shared, password } = settings;
      this.#rfb = new RFB(element('screen', HTMLElement), socket, {
        shared,
        ...(password === undefined ? {} : { credentials: { password } }),
      });
    } catch (error) {
      status.show(`The screen can't be reached at ${settings.socketUrl}: ${String(error)}`, 'bad');
      return this.#options.onConnection(false);
    }
    return this.#watch(this.#rfb, ending);
  }

  disconnect(): void {
    this.#isWanted = false;
    clearTimeout(this.#timer);
    this.#rfb?.disconnect();
  }

  sendKey(keysym: number, isDown?: boolean): void {
    this.#rfb?.sendKey(keysym, '', isDown);
  }

  paste(text: string): void {
    this.#rfb?.clipboardPasteFrom(text);
  }

  focus(): void {
    this.#rfb?.focus({ preventScroll: true });
  }

  fit(isFitted: boolean): void {
    this.#isFitted = isFitted;
    if (this.#rfb !== undefined) this.#rfb.scaleViewport = isFitted;
  }

  #watch(rfb: RFB, ending: Ending): void {
    const { settings, status, onText, onConnection } = this.#options;
    rfb.viewOnly = settings.viewOnly;
    rfb.scaleViewport = this.#isFitted;
    rfb.resizeSession = settings.resize === 'remote';
    rfb.clipViewport = settings.viewClip;
    rfb.dragViewport = settings.viewClip && settings.viewOnly;
    rfb.showDotCursor = settings.showDot;
    rfb.qualityLevel = settings.quality;
    rfb.compressionLevel = settings.compression;
    rfb.background = 'transparent';
    rfb.addEventListener('connect', () => {
      status.show(settings.viewOnly ? 'Connected; for viewing only.' : 'Connected.', 'done');
      onConnection(true);
      rfb.focus({ preventScroll: true });
    });
    rfb.addEventListener('clipboard', (event) => onText(detailOf(event, 'text')));
    rfb.addEventListener('desktopname', (event) => (document.title = detailOf(event, 'name') || document.title));
    rfb.addEventListener('securityfailure', (event) => (ending.reason ||= detailOf(event, 'reason')));
    rfb.addEventListener('credentialsrequired', () => rfb.sendCredentials({ password: settings.password ?? '' }));
    if (settings.bell) rfb.addEventListener('bell', beep);
    rfb.addEventListener('disconnect', () => this.#onEnd(ending));
  }

  #onEnd({ code, reason }: Ending): void {
    const { settings, status, onConnection } = this.#options;
    this.#rfb = undefined;
    onConnection(false);
    if (!this.#isWanted) return status.show('Disconnected.');
    const why = reason || (code === 1006 ? 'The connection broke, or was refused.' : 'The connection ended.');
    if (!settings.reconnect || FINAL.has(code)) return status.show(why, 'bad');
    status.show(`${why} Connecting again in a moment.`, 'bad');
    this.#timer = setTimeout(() => this.connect(), settings.reconnectDelayMs);
    return undefined;
  }
}

/** noVNC tells details in events of its own making. */
function detailOf(event: Event, name: string): string {
  if (!(event instanceof CustomEvent)) return '';
  const value: unknown = event.detail?.[name];
  return typeof value === 'string' ? value : '';
}

function beep(): void {
  const audio = new AudioContext();
  const tone = audio.createOscillator();
  tone.connect(audio.destination);
  tone.addEventListener('ended', () => void audio.close());
  tone.start();
  tone.stop(audio.currentTime + 0.1);
}
