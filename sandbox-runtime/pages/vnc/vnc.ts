import { initLogging } from 'novnc-logging';

import { element } from '../shared/element.ts';
import { readSettings } from './settings.ts';
import { Status } from '../shared/status.ts';
import { touchKeyboard } from './touch-keyboard.ts';
import { Viewer } from './viewer.ts';

const settings = readSettings(location.href);
const status = new Status();
const connectButton = element('connect', HTMLButtonElement);
const text = element('text', HTMLTextAreaElement);

initLogging(settings.logging);
document.body.classList.toggle('view', settings.viewOnly);

const viewer = new Viewer({
  settings,
  status,
  onText: (copied) => {
    text.value = copied;
    // Where the browser lets a page do so; it says no to one that is framed or not in front.
    void navigator.clipboard?.writeText(copied).catch(() => undefined);
  },
  onConnection: (isConnected) => {
    connectButton.hidden = isConnected || settings.autoconnect;
    element('leave', HTMLButtonElement).textContent = isConnected ? 'Disconnect' : 'Connect';
  },
});

const press = (button: Element, isPressed: boolean) => button.setAttribute('aria-pressed', String(isPressed));
const isPressed = (button: Element): boolean => button.getAttribute('aria-pressed') === 'true';
const modifiers = [...document.querySelectorAll<HTMLButtonElement>('.modifier')];
const keysymOf = ({ dataset }: HTMLElement): number => Number(dataset['keysym']);

/** A key by a tap: with what is held by the buttons, which are let go behind it as on phones. */
function tap(keysym: number): void {
  viewer.sendKey(keysym);
  for (const modifier of modifiers.filter(isPressed)) {
    viewer.sendKey(keysymOf(modifier), false);
    press(modifier, false);
  }
}

function toggles(button: HTMLButtonElement, panel: HTMLElement): void {
  button.addEventListener('click', () => {
    panel.hidden = !panel.hidden;
    button.setAttribute('aria-expanded', String(!panel.hidden));
  });
}

toggles(element('more', HTMLButtonElement), element('tools', HTMLDivElement));
toggles(element('clipboard', HTMLButtonElement), element('clip', HTMLElement));

for (const key of document.querySelectorAll<HTMLButtonElement>('.key')) {
  key.addEventListener('click', () => {
    tap(keysymOf(key));
    viewer.focus();
  });
}
for (const modifier of modifiers) {
  modifier.addEventListener('click', () => {
    press(modifier, !isPressed(modifier));
    viewer.sendKey(keysymOf(modifier), isPressed(modifier));
    viewer.focus();
  });
}

const keyboard = touchKeyboard(element('typed', HTMLTextAreaElement), tap);
const keyboardButton = element('keyboard', HTMLButtonElement);
// The button must not take the focus from the field, which would hide the keyboard that it is to hide or show.
keyboardButton.addEventListener('pointerdown', (event) => event.preventDefault());
keyboardButton.addEventListener('click', () => keyboard.toggle());

text.addEventListener('input', () => viewer.paste(text.value));

const fit = element('fit', HTMLButtonElement);
press(fit, settings.resize === 'scale');
fit.addEventListener('click', () => {
  press(fit, !isPressed(fit));
  viewer.fit(isPressed(fit));
});

const full = element('full', HTMLButtonElement);
full.hidden = !document.fullscreenEnabled;
full.addEventListener('click', () => {
  const done = document.fullscreenElement === null ? document.documentElement.requestFullscreen() : document.exitFullscreen();
  void done.catch(() => undefined);
});

connectButton.addEventListener('click', () => viewer.connect());
element('leave', HTMLButtonElement).addEventListener('click', ({ currentTarget }) => {
  const isConnected = currentTarget instanceof HTMLElement && currentTarget.textContent === 'Disconnect';
  if (isConnected) viewer.disconnect();
  else viewer.connect();
});

if (settings.autoconnect) viewer.connect();
else {
  status.show('Not connected.');
  connectButton.hidden = false;
}
