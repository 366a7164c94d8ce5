import { iconButton, make } from './dom.ts';
import type { Layout, Side } from './layout.ts';
import { surfacesOn } from './layout.ts';
import type { Pane } from './pane.ts';
import type { SurfaceName } from './surfaces.ts';

export interface SideActions {
  show(name: SurfaceName): void;
  reload(name: SurfaceName): void;
  close(name: SurfaceName): void;
  move(name: SurfaceName): void;
  toggleOnly(side: Side): void;
  urlOf(name: SurfaceName): string;
}

export interface SideOptions {
  readonly side: Side;
  readonly panes: ReadonlyMap<SurfaceName, Pane>;
  readonly actions: SideActions;
}

/** One half of the page: tabs, tools for the one in front, and its panes. */
export class SideView {
  readonly root: HTMLElement;
  readonly #options: SideOptions;
  readonly #tabs = make('div', { role: 'tablist' });
  readonly #body = make('div', { class: 'pane' });
  readonly #reload: HTMLButtonElement;
  readonly #close: HTMLButtonElement;
  readonly #only: HTMLButtonElement;
  #front: SurfaceName | undefined;

  constructor(options: SideOptions) {
    const { side, actions } = options;
    this.#options = options;
    const onFront = (act: (name: SurfaceName) => void) => () => {
      if (this.#front !== undefined) act(this.#front);
    };
    this.#reload = iconButton('↻', 'Load again', onFront(actions.reload));
    this.#close = iconButton('✕', 'Close, so that it can stop', onFront(actions.close));
    this.#only = iconButton('□', 'Whole page', () => actions.toggleOnly(side));
    const tools = make(
      'div',
      { class: 'tools' },
      this.#reload,
      iconButton(
        '↗',
        'Open in a tab of its own',
        onFront((name) => void window.open(actions.urlOf(name), '_blank', 'noopener')),
      ),
      iconButton('⇄', 'To the other side', onFront(actions.move)),
      this.#only,
      this.#close,
    );
    this.#tabs.setAttribute('aria-label', side === 'first' ? 'First half' : 'Second half');
    this.#tabs.addEventListener('keydown', (event) => this.#onKey(event));
    this.root = make('section', { class: 'side' }, make('div', { class: 'bar' }, this.#tabs, tools), this.#body);
  }

  /** Panes that stay where they are are not touched: a frame that is moved in the page loads again. */
  draw(layout: Layout): void {
    const { side, panes } = this.#options;
    const names = surfacesOn(layout, side);
    const mine = names.flatMap((name) => panes.get(name) ?? []);
    this.#front = layout.front[side];
    this.root.hidden = names.length === 0 || (layout.only !== undefined && layout.only !== side);
    for (const [index, { tab }] of mine.entries())
      if (this.#tabs.children[index] !== tab) this.#tabs.insertBefore(tab, this.#tabs.children[index] ?? null);
    for (const { panel } of mine) if (panel.parentNode !== this.#body) this.#body.append(panel);
    for (const { panel, tab, surface } of mine) {
      const isFront = surface.name === this.#front;
      panel.hidden = !isFront;
      tab.setAttribute('aria-selected', String(isFront));
      tab.tabIndex = isFront ? 0 : -1;
    }
    const isOpen = this.#front !== undefined && panes.get(this.#front)?.isOpen === true;
    this.#reload.disabled = !isOpen;
    this.#close.disabled = !isOpen;
    this.#only.setAttribute('aria-pressed', String(layout.only === side));
  }

  #onKey(event: KeyboardEvent): void {
    const tabs = [...this.#tabs.children];
    const at = tabs.findIndex((tab) => tab === document.activeElement);
    const steps: Readonly<Record<string, number>> = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1 + tabs.length,
      Home: 0,
      End: tabs.length - 1,
    };
    const to = steps[event.key];
    const next = to === undefined || at === -1 ? undefined : tabs[to % tabs.length];
    if (!(next instanceof HTMLElement)) return;
    event.preventDefault();
    next.click();
    next.focus();
  }
}
