/**
 * What several programs that run inside the page use, as text: visibility, places, selectors, and a walk that sees open shadow
 * roots as a person does. The page can change what these call; it then lies about itself alone.
 */
export const SHARED_SOURCE = String.raw`
const isShown = (el) => {
  if (!el.checkVisibility || !el.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: false })) return false;
  return true;
};
const placeOf = (rect) => {
  const round = (n) => Math.round(n * 100) / 100;
  return { x: round(rect.left), y: round(rect.top), width: round(rect.width), height: round(rect.height),
    in_viewport: rect.bottom > 0 && rect.right > 0 && rect.top < innerHeight && rect.left < innerWidth };
};
const squeeze = (text, most) => {
  const line = String(text == null ? '' : text).slice(0, most * 4).replace(/\s+/g, ' ').trim();
  return line.length > most ? line.slice(0, most - 1) + '…' : line;
};
/* Children as they are laid out: a shadow root in the place of its host's own, and in a slot what was put there. */
const childrenOf = (node) => {
  if (node.shadowRoot) return node.shadowRoot.childNodes;
  if (node.localName === 'slot') {
    const given = node.assignedNodes();
    if (given.length > 0) return given;
  }
  return node.childNodes;
};
const isAlone = (root, selector) => {
  try { return root.querySelectorAll(selector).length === 1; } catch { return false; }
};
const quoted = (text) => '"' + text.replace(/["\\]/g, '\\$&') + '"';
const selectorInRoot = (el) => {
  const root = el.getRootNode();
  const tag = CSS.escape(el.localName);
  const id = (node) => '#' + CSS.escape(node.id);
  if (el.id && isAlone(root, id(el))) return id(el);
  for (const name of ['data-testid', 'name', 'aria-label', 'placeholder']) {
    const value = el.getAttribute(name);
    if (!value || value.length > 80 || /[\u0000-\u001f]/.test(value)) continue;
    const selector = tag + '[' + name + '=' + quoted(value) + ']';
    if (isAlone(root, selector)) return selector;
  }
  const parts = [];
  for (let node = el; node && node.nodeType === 1; node = node.parentElement) {
    if (node !== el && node.id && isAlone(root, id(node))) {
      parts.unshift(id(node));
      break;
    }
    let nth = 1;
    let same = 0;
    for (const other of node.parentNode ? node.parentNode.children : []) {
      if (other.localName !== node.localName) continue;
      same += 1;
      if (other === node) nth = same;
    }
    parts.unshift(CSS.escape(node.localName) + (same > 1 ? ':nth-of-type(' + nth + ')' : ''));
    if (isAlone(root, parts.join(' > '))) break;
  }
  return parts.join(' > ');
};
const selectorOf = (el) => {
  const parts = [];
  for (let node = el; node; ) {
    parts.unshift(selectorInRoot(node));
    const root = node.getRootNode();
    node = root instanceof ShadowRoot ? root.host : null;
  }
  return parts.join(' >> ');
};
`;
