import { make } from './dom.ts';
import { SHARES } from './layout.ts';

const STEP = 5;

/** The line between the halves, for pointer and keyboard. */
export class Divider {
  readonly root = make('div', {
    class: 'divider',
    role: 'separator',
    tabindex: '0',
    'aria-label': 'Size of the halves',
    'aria-valuemin': String(SHARES.least),
    'aria-valuemax': String(SHARES.most),
  });
  readonly #stage: HTMLElement;
  readonly #onShare: (share: number) => void;
  readonly #isStacked = matchMedia('(max-width: 700px)');
  #share = 0;

  constructor(stage: HTMLElement, onShare: (share: number) => void) {
    this.#stage = stage;
    this.#onShare = onShare;
    this.root.addEventListener('pointerdown', (event) => this.#begin(event));
    this.root.addEventListener('pointermove', (event) => {
      if (this.root.hasPointerCapture(event.pointerId)) onShare(this.#shareAt(event));
    });
    for (const end of ['lostpointercapture', 'pointercancel'] as const)
      this.root.addEventListener(end, () => document.body.classList.remove('dragging'));
    this.root.addEventListener('dblclick', () => onShare(SHARES.otherwise));
    this.root.addEventListener('keydown', (event) => this.#onKey(event));
    this.#isStacked.addEventListener('change', () => this.draw(this.#share));
  }

  draw(share: number): void {
    this.#share = share;
    this.root.setAttribute('aria-valuenow', String(share));
    this.root.setAttribute('aria-orientation', this.#isStacked.matches ? 'horizontal' : 'vertical');
    this.#stage.style.setProperty('--first', `${share}fr`);
    this.#stage.style.setProperty('--second', `${100 - share}fr`);
  }

  /** Frames would swallow the pointer on its way. */
  #begin(event: PointerEvent): void {
    this.root.setPointerCapture(event.pointerId);
    document.body.classList.add('dragging');
    event.preventDefault();
  }

  #shareAt({ clientX, clientY }: PointerEvent): number {
    const { left, top, width, height } = this.#stage.getBoundingClientRect();
    return 100 * (this.#isStacked.matches ? (clientY - top) / height : (clientX - left) / width);
  }

  #onKey(event: KeyboardEvent): void {
    const less = ['ArrowLeft', 'ArrowUp'].includes(event.key);
    if (!less && !['ArrowRight', 'ArrowDown'].includes(event.key)) return;
    event.preventDefault();
    this.#onShare(this.#share + (less ? -STEP : STEP));
  }
}
