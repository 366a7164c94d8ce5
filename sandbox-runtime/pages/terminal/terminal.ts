import { element } from '../shared/element.ts';
import { Status } from '../shared/status.ts';
import { askForText } from '../shared/clipboard.ts';
import { Connection, type State } from './connection.ts';
import { KeyBar } from './key-bar.ts';
import { Screen } from './screen.ts';
import { FONT_SIZES, readSettings, socketUrl, withParameters, type Theme } from './settings.ts';

const settings = readSettings(location.href);
const status = new Status();
const anew = element('anew', HTMLButtonElement);
const themeButton = element('theme', HTMLButtonElement);
const prefersLight = matchMedia('(prefers-color-scheme: light)');
let program = settings.program;
let isRepeated = false;

const systemTheme = (): Theme => (prefersLight.matches ? 'light' : 'dark');
let theme: Theme = settings.theme ?? systemTheme();

/** The URL is the page's memory. Some browsers refuse it to a page without an origin, which works without. */
function remember(values: Readonly<Record<string, string | undefined>>): void {
  try {
    history.replaceState(null, '', withParameters(location.href, values));
  } catch {
    // Nothing is lost but that a reload finds the same session.
  }
}

const connection = new Connection({
  sessionId: settings.sessionId,
  // A ticket is good for one socket; those that follow come with the cookie that the page got for it.
  urlOf: (sessionId, isFirst) => socketUrl(location.href, { sessionId, ticket: isFirst ? settings.ticket : undefined }),
  size: () => screen.size,
  onState,
  onSession: (id) => {
    remember({ session_id: id, start: undefined, ticket: undefined });
    // The home page, which shows this one, finds the session again by it.
    if (parent !== window && location.origin !== 'null') parent.postMessage({ kind: 'terminal-session', id }, location.origin);
  },
  onOutput: (text) => screen.write(text),
});

const bar = new KeyBar({
  isInApplicationMode: () => screen.isInApplicationMode,
  onKey: (sequence) => void connection.type(sequence),
});

const screen = new Screen({
  ...settings,
  theme,
  onTyped: (typed) => {
    if (!connection.type(bar.modify(typed))) connection.hurry();
  },
  onSize: (size) => connection.resize(size),
});

function onState(state: State): void {
  anew.hidden = state.kind !== 'ended' && state.kind !== 'refused';
  if (state.kind === 'open') return onOpen(state.isNew);
  if (state.kind === 'connecting') return isRepeated ? undefined : status.show('Connecting.');
  if (state.kind === 'ended') {
    remember({ session_id: undefined });
    anew.focus();
    return status.show('The shell has ended.');
  }
  isRepeated = true;
  if (state.kind === 'refused') return status.show(state.why, 'bad');
  if (state.kind === 'replaced') {
    screen.write('\r\n\u001B[2mThat session has ended; this is a new one.\u001B[0m\r\n');
    return status.show('That session has ended. A new one is being opened.', 'bad');
  }
  status.show(`${state.why || 'The connection broke, or was refused.'} Connecting again in ${state.seconds} s.`, 'bad');
  return void explain();
}

function onOpen(isNew: boolean): void {
  // The server repeats what a session that goes on has shown.
  if (!isNew) screen.reset();
  status.show('Connected.', 'done');
  isRepeated = false;
  screen.focus();
  if (isNew && program !== undefined) connection.type(`${program}\r`);
  program = undefined;
}

/** A socket that is refused does not tell why; the same question without one does. */
async function explain(): Promise<void> {
  const url = socketUrl(location.href, {}).replace(/^ws/, 'http');
  const answer = await fetch(url, { cache: 'no-store' }).catch(() => undefined);
  if (connection.isOpen || (answer?.status !== 401 && answer?.status !== 403)) return;
  status.show('Access to this sandbox has ended, or does not include its terminal. Open it again from where you came.', 'bad');
}

function setTheme(next: Theme): void {
  theme = next;
  document.documentElement.dataset['theme'] = next;
  themeButton.textContent = next === 'dark' ? 'Light' : 'Dark';
  screen.setTheme(next);
}

function changeFont(by: number): void {
  screen.fontSize = Math.min(FONT_SIZES.most, Math.max(FONT_SIZES.least, screen.fontSize + by));
  remember({ font_size: String(screen.fontSize) });
}

setTheme(theme);
prefersLight.addEventListener('change', () => {
  if (readSettings(location.href).theme === undefined) setTheme(systemTheme());
});
themeButton.addEventListener('click', () => {
  setTheme(theme === 'dark' ? 'light' : 'dark');
  remember({ theme });
});
element('smaller', HTMLButtonElement).addEventListener('click', () => changeFont(-1));
element('larger', HTMLButtonElement).addEventListener('click', () => changeFont(1));
element('copy', HTMLButtonElement).addEventListener('click', () => screen.copy());
element('paste', HTMLButtonElement).addEventListener('click', () => {
  void askForText().then((text) => {
    screen.paste(text);
    screen.focus();
  });
});
anew.addEventListener('click', () => {
  screen.reset();
  connection.startAnew();
});
addEventListener('online', () => connection.hurry());
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) connection.hurry();
});
// The keyboard of some phones lies over the page rather than making it smaller.
visualViewport?.addEventListener('resize', () => {
  const height = visualViewport?.height;
  if (height !== undefined) document.documentElement.style.setProperty('--height', `${height}px`);
});
connection.connect();
