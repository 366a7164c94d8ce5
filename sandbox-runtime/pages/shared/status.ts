import { element } from './element.ts';

/** How long a good word stays. */
const DONE_MS = 2500;

/** The line at the top that says how things stand. */
export class Status {
  readonly #line = element('status', HTMLParagraphElement);
  #timer: ReturnType<typeof setTimeout> | undefined;

  show(text: string, kind: 'busy' | 'bad' | 'done' = 'busy'): void {
    clearTimeout(this.#timer);
    this.#line.textContent = text;
    this.#line.classList.toggle('bad', kind === 'bad');
    this.#line.classList.remove('done');
    if (kind === 'done') this.#timer = setTimeout(() => this.#line.classList.add('done'), DONE_MS);
  }
}
