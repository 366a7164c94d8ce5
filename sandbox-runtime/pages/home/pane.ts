import { make } from './dom.ts';
import type { Standing, Surface } from './surfaces.ts';

export interface PaneOptions {
  readonly surface: Surface;
  onStart(): void;
}

/** One surface: a card with a button until it is wanted, then its page in a frame. Nothing is loaded before. */
export class Pane {
  readonly surface: Surface;
  readonly panel: HTMLElement;
  readonly tab: HTMLButtonElement;
  readonly #card: HTMLElement;
  readonly #words = make('p');
  readonly #dot = make('span', { class: 'dot', 'aria-hidden': 'true' });
  readonly #start: HTMLButtonElement;
  #frame: HTMLIFrameElement | undefined;

  constructor({ surface, onStart }: PaneOptions) {
    const { name, title, about } = surface;
    this.surface = surface;
    this.#start = make('button', { type: 'button', class: 'start' }, `Open ${title}`);
    this.#start.addEventListener('click', onStart);
    this.#card = make('div', { class: 'card' }, make('h2', {}, title), make('p', {}, about), this.#words, this.#start);
    this.panel = make(
      'section',
      { class: 'pane', role: 'tabpanel', id: `pane-${name}`, 'aria-labelledby': `tab-${name}` },
      this.#card,
    );
    this.tab = make(
      'button',
      { type: 'button', role: 'tab', id: `tab-${name}`, 'aria-controls': `pane-${name}` },
      this.#dot,
      title,
    );
  }

  get isOpen(): boolean {
    return this.#frame !== undefined;
  }

  get window(): Window | null {
    return this.#frame?.contentWindow ?? null;
  }

  open(url: string): void {
    if (this.#frame !== undefined) return;
    const allow = 'clipboard-read; clipboard-write; fullscreen';
    this.#frame = make('iframe', { src: url, title: this.surface.title, allow });
    this.panel.replaceChildren(this.#frame);
  }

  close(): void {
    this.#frame = undefined;
    this.panel.replaceChildren(this.#card);
  }

  focus(): void {
    if (this.#frame === undefined) this.#start.focus();
    else this.#frame.focus();
  }

  tell({ kind, words }: Standing): void {
    this.#words.textContent = words;
    this.#start.disabled = kind === 'disabled';
    this.tab.classList.toggle('disabled', kind === 'disabled');
    this.tab.title = words;
    this.#dot.className = `dot ${kind}`;
  }
}
