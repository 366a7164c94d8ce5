type Attributes = Readonly<Record<string, string | undefined>>;

/** A new element; what is put into it is text or other elements, never markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A button for which an icon speaks, with words for those who can't see it. */
export function iconButton(icon: string, words: string, onClick: () => void): HTMLButtonElement {
  const button = make('button', { type: 'button', title: words, 'aria-label': words }, icon);
  button.addEventListener('click', onClick);
  return button;
}
