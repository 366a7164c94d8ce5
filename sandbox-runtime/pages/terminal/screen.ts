import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';

import { element } from '../shared/element.ts';
import { copyText } from '../shared/clipboard.ts';
import type { Size } from './connection.ts';
import type { Settings, Theme } from './settings.ts';
import { COLOURS } from './themes.ts';

/** Sides that the server takes. */
const MOST = 1000;
const SCROLLBACK_LINES = 10_000;

export interface ScreenOptions extends Pick<Settings, 'fontSize' | 'isForReader'> {
  readonly theme: Theme;
  onTyped(text: string): void;
  onSize(size: Size): void;
}

/** The terminal as it is drawn. */
export class Screen {
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();

  constructor({ fontSize, isForReader, theme, onTyped, onSize }: ScreenOptions) {
    const terminal = new Terminal({
      fontSize,
      // At 1, underscores are cut off by the next line.
      lineHeight: 1.15,
      fontFamily: 'ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace',
      screenReaderMode: isForReader,
      scrollback: SCROLLBACK_LINES,
      cursorBlink: true,
      macOptionIsMeta: true,
      theme: COLOURS[theme],
      // Programs choose colours for the other background as well.
      minimumContrastRatio: 4.5,
    });
    this.#terminal = terminal;
    terminal.loadAddon(this.#fit);
    terminal.open(element('terminal', HTMLElement));
    terminal.onData(onTyped);
    terminal.onResize(({ cols, rows }) => onSize({ cols, rows }));
    terminal.onTitleChange((title) => (document.title = title === '' ? 'Terminal' : `${title} – Terminal`));
    terminal.attachCustomKeyEventHandler((event) => this.#onKey(event));
    new ResizeObserver(() => this.fit()).observe(element('terminal', HTMLElement));
    this.fit();
  }

  get size(): Size {
    const { cols, rows } = this.#terminal;
    return { cols: Math.min(MOST, Math.max(1, cols)), rows: Math.min(MOST, Math.max(1, rows)) };
  }

  get isInApplicationMode(): boolean {
    return this.#terminal.modes.applicationCursorKeysMode;
  }

  get fontSize(): number {
    return this.#terminal.options.fontSize ?? 0;
  }

  set fontSize(size: number) {
    this.#terminal.options.fontSize = size;
    this.fit();
  }

  setTheme(theme: Theme): void {
    this.#terminal.options.theme = COLOURS[theme];
  }

  write(text: string): void {
    this.#terminal.write(text);
  }

  /** As new: the server tells once more what there was. */
  reset(): void {
    this.#terminal.reset();
  }

  paste(text: string): void {
    if (text !== '') this.#terminal.paste(text);
  }

  copy(): void {
    if (this.#terminal.hasSelection()) void copyText(this.#terminal.getSelection()).then(() => this.focus());
  }

  focus(): void {
    this.#terminal.focus();
  }

  fit(): void {
    const proposed = this.#fit.proposeDimensions();
    // A page that is not shown has no size, and programs would be told of a terminal with two columns.
    if (proposed === undefined || document.body.clientHeight === 0 || !(proposed.cols > 2)) return;
    this.#terminal.resize(Math.min(MOST, proposed.cols), Math.min(MOST, Math.max(1, proposed.rows)));
  }

  /** Ctrl+C stops programs here, so copying has Shift as well, or Insert; pasting is the browser's own. */
  #onKey(event: KeyboardEvent): boolean {
    if (event.type !== 'keydown' || !event.ctrlKey || event.altKey || event.metaKey) return true;
    const isCopy = (event.shiftKey && event.code === 'KeyC') || (!event.shiftKey && event.key === 'Insert');
    // Left to the browser, which fires `paste`.
    if (event.shiftKey && event.code === 'KeyV') return false;
    if (!isCopy) return true;
    event.preventDefault();
    this.copy();
    return false;
  }
}
