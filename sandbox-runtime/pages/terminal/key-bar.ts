import { element } from '../shared/element.ts';
import { sequenceOfKey, withModifiers, type Modifiers } from './keys.ts';

export interface KeyBarOptions {
  isInApplicationMode(): boolean;
  /** What a key of the bar sends. */
  onKey(sequence: string): void;
}

/** The keys that phones have not. A modifier holds for the next key, as on a phone's keyboard. */
export class KeyBar {
  readonly #modifiers = [...document.querySelectorAll<HTMLButtonElement>('[data-modifier]')];

  constructor({ isInApplicationMode, onKey }: KeyBarOptions) {
    const bar = element('keys', HTMLElement);
    const more = element('more', HTMLButtonElement);
    const show = (isShown: boolean) => {
      bar.classList.toggle('open', isShown);
      more.setAttribute('aria-expanded', String(isShown));
    };
    more.addEventListener('click', () => show(!bar.classList.contains('open')));
    if (matchMedia('(pointer: coarse)').matches) show(true);
    // A button that took the focus would hide the keyboard of a phone.
    bar.addEventListener('pointerdown', (event) => event.preventDefault());
    for (const modifier of this.#modifiers) modifier.addEventListener('click', () => press(modifier, !isPressed(modifier)));
    for (const key of document.querySelectorAll<HTMLButtonElement>('[data-key]')) {
      key.addEventListener('click', () => {
        onKey(sequenceOfKey(key.dataset['key'] ?? '', this.#held(), isInApplicationMode()));
        this.#letGo();
      });
    }
  }

  /** What was typed, with what is held. */
  modify(typed: string): string {
    const held = this.#held();
    if (!held.ctrl && !held.alt) return typed;
    this.#letGo();
    return withModifiers(typed, held);
  }

  #held(): Modifiers {
    const isHeld = (name: string) => this.#modifiers.some((one) => one.dataset['modifier'] === name && isPressed(one));
    return { ctrl: isHeld('ctrl'), alt: isHeld('alt') };
  }

  #letGo(): void {
    for (const modifier of this.#modifiers) press(modifier, false);
  }
}

const isPressed = (button: Element): boolean => button.getAttribute('aria-pressed') === 'true';
const press = (button: Element, isPressed: boolean): void => button.setAttribute('aria-pressed', String(isPressed));
