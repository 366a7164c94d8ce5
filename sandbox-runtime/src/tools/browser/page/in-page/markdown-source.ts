/**
 * A function for the world beside the page's own, where turndown has been put before: gives `{ markdown, title, url, cut }`. What
 * nobody sees is left out by copying what is seen into a document that loads and runs nothing; there turndown writes it down.
 */
export const MARKDOWN_SOURCE = String.raw`((most) => {
const SKIPPED = new Set(['script', 'style', 'noscript', 'template', 'iframe', 'frame', 'object', 'embed', 'svg', 'canvas',
  'link', 'meta', 'head', 'audio', 'video', 'select', 'textarea', 'datalist', 'title']);
const MAX_NODES = 200000;
const out = document.implementation.createHTMLDocument('');
let nodes = 0;
let cut = false;
const childrenOf = (node) => {
  if (node.shadowRoot) return node.shadowRoot.childNodes;
  if (node.localName === 'slot') { const given = node.assignedNodes(); if (given.length > 0) return given; }
  return node.childNodes;
};
const absolute = (text) => { try { return new URL(text, document.baseURI).href; } catch { return ''; } };
const copyElement = (el) => {
  const tag = el.localName;
  if (tag === 'a') {
    const href = absolute(el.getAttribute('href') || '');
    if (!el.hasAttribute('href') || !href || /^javascript:/i.test(href)) return out.createElement('span');
    const copy = out.createElement('a');
    copy.setAttribute('href', href);
    if (el.title) copy.setAttribute('title', el.title);
    return copy;
  }
  if (tag === 'img') {
    const src = absolute(el.currentSrc || el.getAttribute('src') || '');
    if (!src || /^data:/i.test(src)) return out.createTextNode(el.alt || '');
    const copy = out.createElement('img');
    copy.setAttribute('src', src);
    copy.setAttribute('alt', el.alt || '');
    return copy;
  }
  if (tag === 'input') {
    const isBox = el.type === 'checkbox' || el.type === 'radio';
    return out.createTextNode(isBox ? (el.checked ? '[x] ' : '[ ] ') : '');
  }
  /* Another name for it may not mean anything here, and must not run anything. */
  let copy;
  try { copy = out.createElement(/^[a-z][a-z0-9]*$/.test(tag) ? tag : 'div'); } catch { copy = out.createElement('div'); }
  if (tag === 'ol' && el.start !== 1) copy.setAttribute('start', String(el.start));
  if (tag === 'code' || tag === 'pre') {
    const language = /(?:^|\s)(language-[\w+#-]+)/.exec(el.className);
    if (language) copy.className = language[1];
  }
  if (tag === 'td' || tag === 'th') copy.setAttribute('colspan', String(Math.min(el.colSpan || 1, 50)));
  return copy;
};
const root = document.body || document.documentElement;
const target = out.body;
const stack = root ? [[root, target]] : [];
while (stack.length > 0) {
  const [node, into] = stack.pop();
  nodes += 1;
  if (nodes > MAX_NODES) { cut = true; break; }
  if (node.nodeType === 3) {
    const holder = node.parentElement;
    if (!holder || getComputedStyle(holder).visibility === 'visible') into.appendChild(out.createTextNode(node.data));
    continue;
  }
  if (node.nodeType !== 1) continue;
  let inner = into;
  if (node !== root) {
    if (SKIPPED.has(node.localName) || getComputedStyle(node).display === 'none') continue;
    if (node.localName === 'slot' || getComputedStyle(node).display === 'contents') inner = into;
    else {
      const isBreak = node.localName === 'br' || node.localName === 'wbr';
      if (!isBreak && !node.checkVisibility({ contentVisibilityAuto: false })) continue;
      const copy = copyElement(node);
      into.appendChild(copy);
      if (copy.nodeType !== 1 || copy.localName === 'img') continue;
      inner = copy;
    }
  }
  /* Text goes in the order in which it is read, so the last child is put on the stack first. */
  const children = childrenOf(node);
  for (let at = children.length - 1; at >= 0; at -= 1) stack.push([children[at], inner]);
}

/* A table that only arranges the page is read as what stands in it. */
const has = (table, selector) => table.querySelector(selector) !== null;
const isLayout = (table) => has(table, 'table') || table.rows.length < 2 && !has(table, 'th') ||
  [...table.rows].every((row) => row.cells.length < 2) ||
  has(table, 'td ul, td ol, td pre, td h1, td h2, td h3, td blockquote');
for (const table of target.querySelectorAll('table')) if (isLayout(table)) table.setAttribute('data-layout', '');
const laidOut = (node) => { const table = node.closest('table'); return !table || table.hasAttribute('data-layout'); };
const columns = (row) => [...row.cells].reduce((sum, cell) => sum + cell.colSpan, 0);

const service = new TurndownService({ headingStyle: 'atx', codeBlockStyle: 'fenced', bulletListMarker: '-', emDelimiter: '*',
  hr: '---' });
service.addRule('cell', { filter: ['td', 'th'], replacement: (content, node) => {
  if (laidOut(node)) return '\n\n' + content + '\n\n';
  const text = content.trim().replace(/\|/g, '\\|').replace(/\s*\n\s*/g, ' ');
  return ' ' + text + ' |' + '  |'.repeat(node.colSpan - 1);
} });
service.addRule('row', { filter: 'tr', replacement: (content, node) => {
  if (laidOut(node)) return content;
  const table = node.closest('table');
  const width = Math.min(50, Math.max(...[...table.rows].map(columns)));
  const line = '|' + content + '  |'.repeat(Math.max(0, width - columns(node)));
  return '\n' + line + (table.rows[0] === node ? '\n|' + ' --- |'.repeat(width) : '');
} });
service.addRule('table', { filter: 'table', replacement: (content, node) => {
  if (node.hasAttribute('data-layout')) return '\n\n' + content + '\n\n';
  const caption = node.caption ? service.turndown(node.caption) + '\n\n' : '';
  return '\n\n' + caption + content.trim() + '\n\n';
} });
service.addRule('caption', { filter: 'caption', replacement: (content, node) => laidOut(node) ? content : '' });
service.addRule('tableParts', { filter: ['thead', 'tbody', 'tfoot', 'colgroup'], replacement: (content) => content });
service.addRule('strikethrough', { filter: ['del', 's', 'strike'], replacement: (content) => '~~' + content + '~~' });
const markdown = service.turndown(target);
return { markdown: markdown.slice(0, most), title: document.title, url: location.href, cut: cut || markdown.length > most };
})`;
