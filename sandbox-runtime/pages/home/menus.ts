import { element } from '../shared/element.ts';
import { copyText } from '../shared/clipboard.ts';
import { make } from './dom.ts';
import type { ListeningPort } from './watch.ts';

/** The menus at the top: one is open at a time, and closes by Escape or by a click beside it. */
export function prepareMenus(): void {
  const menus = [...document.querySelectorAll('details')];
  const closeOthers = (than: Node | null) => {
    for (const menu of menus) if (than === null || !menu.contains(than)) menu.open = false;
  };
  document.addEventListener('pointerdown', ({ target }) => closeOthers(target instanceof Node ? target : null));
  addEventListener('blur', () => closeOthers(document.activeElement));
  document.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape') return;
    const open = menus.find((menu) => menu.open);
    closeOthers(null);
    open?.querySelector('summary')?.focus();
  });
  element('mcp', HTMLInputElement).value = new URL('mcp', location.href.replace(/[?#].*/, '')).href;
  element('cdp', HTMLInputElement).value = new URL('cdp', location.href.replace(/[?#].*/, '')).href;
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-copy]')) {
    const field = element(button.dataset['copy'] ?? '', HTMLInputElement);
    button.addEventListener('click', () => {
      void copyText(field.value).then((isCopied) => {
        button.textContent = isCopied ? 'Copied' : 'Select it';
        if (!isCopied) field.select();
      });
    });
  }
}

let shown = '';

export function showPorts(ports: readonly ListeningPort[]): void {
  const next = JSON.stringify(ports);
  // A list that is made anew loses the focus of whoever is at one of its links.
  if (next === shown) return;
  shown = next;
  element('no-ports', HTMLElement).hidden = ports.length > 0;
  const count = element('port-count', HTMLElement);
  count.hidden = ports.length === 0;
  count.textContent = String(ports.length);
  element('ports', HTMLElement).replaceChildren(
    ...ports.map(({ port, process, path }) => {
      const href = path.replace(/^\/+/, '');
      return make(
        'li',
        {},
        make('a', { href, target: '_blank', rel: 'noopener' }, `Port ${port}`),
        process === null ? '' : ` ${process}`,
      );
    }),
  );
}
