/**
 * A function of a value of the page, for `Runtime.callFunctionOn`: calls it if it is a function, waits for it if it is a promise,
 * and gives `{ json, cut }`. JSON has no undefined, no circles and no elements, and what is without end has to end somewhere.
 */
export const SERIALIZE_SOURCE = String.raw`async function (value, most) {
  if (typeof value === 'function' && !/^class\b/.test(Function.prototype.toString.call(value))) value = value();
  value = await value;
  let left = most;
  let cut = false;
  const MAX_DEPTH = 32;
  const spend = (n) => { left -= n; if (left < 0) cut = true; return left >= 0; };
  const text = (string) => {
    if (string.length > Math.max(0, left)) { cut = true; string = string.slice(0, Math.max(0, left)); }
    left -= string.length + 2;
    return string;
  };
  const name = (el) => {
    const shallow = el.cloneNode ? el.cloneNode(false).outerHTML || el.nodeName : el.nodeName;
    return text(String(shallow).slice(0, 300));
  };
  const seen = [];
  const list = (items, length, depth) => {
    const out = [];
    for (let at = 0; at < length; at += 1) {
      if (!spend(1)) break;
      out.push(plain(items[at], depth + 1));
    }
    return out;
  };
  const record = (entries, depth) => {
    const out = {};
    for (const [key, get] of entries) {
      if (!spend(key.length + 4)) break;
      let item;
      try { item = get(); } catch (error) { item = '[Threw ' + error + ']'; }
      if (item === undefined || typeof item === 'function') continue;
      Object.defineProperty(out, key, { value: plain(item, depth + 1), enumerable: true, configurable: true, writable: true });
    }
    return out;
  };
  const special = (value, depth) => {
    if (typeof Node === 'function' && value instanceof Node) return { is: name(value) };
    if (value === globalThis || (typeof Window === 'function' && value instanceof Window)) return { is: '[Window]' };
    if (value instanceof Error) return { is: record(['name', 'message', 'stack'].map((key) => [key, () => value[key]]), depth) };
    if (value instanceof RegExp) return { is: text(String(value)) };
    if (value instanceof Promise) return { is: '[Promise]' };
    if (value instanceof Map) return { is: record([...value].map(([key, item]) => [String(key), () => item]), depth) };
    if (value instanceof Set) return { is: list([...value], value.size, depth) };
    if (value instanceof ArrayBuffer) return { is: '[ArrayBuffer of ' + value.byteLength + ' bytes]' };
    if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return { is: list(value, value.length, depth) };
    if (typeof NodeList === 'function' && (value instanceof NodeList || value instanceof HTMLCollection))
      return { is: list(value, value.length, depth) };
    return undefined;
  };
  const inside = (value, depth) => {
    const one = special(value, depth);
    if (one) return one.is;
    if (typeof value.toJSON === 'function') return plain(value.toJSON(), depth + 1);
    if (Array.isArray(value)) return list(value, value.length, depth);
    const keys = [];
    for (const key in value) keys.push(key);
    return record(keys.map((key) => [key, () => value[key]]), depth);
  };
  const plain = (value, depth) => {
    switch (typeof value) {
      case 'undefined': return null;
      case 'string': return text(value);
      case 'number': spend(4); return Number.isFinite(value) ? value : null;
      case 'boolean': spend(4); return value;
      case 'bigint': return text(value.toString());
      case 'symbol': return text(String(value));
      case 'function': return text('[Function ' + (value.name || 'anonymous') + ']');
    }
    if (value === null) return null;
    if (seen.includes(value)) return '[Circular]';
    if (depth > MAX_DEPTH || left < 0) { cut = true; return '[…]'; }
    seen.push(value);
    try { return inside(value, depth); } catch (error) { return '[Threw ' + error + ']'; } finally { seen.pop(); }
  };
  return JSON.stringify({ value: plain(value, 0), cut });
}`;
