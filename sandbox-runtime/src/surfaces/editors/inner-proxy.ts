const MAX_DECODINGS = 3;

/**
 * Whether a path below an editor's own leads to the editor's port proxy, read as generously as any server could. Editors proxy to
 * every loopback port, the runtime's own among them; previews of this server are there for that.
 */
export function leadsToProxy(path: string): boolean {
  let text = path;
  for (let i = 0; i < MAX_DECODINGS && text.includes('%'); i++) {
    try {
      text = decodeURIComponent(text);
    } catch {
      break;
    }
  }
  const segments = text
    .toLowerCase()
    .split(/[/\\]+/)
    .map((segment) => segment.split(';', 1)[0] ?? '');
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  return kept[0] === 'proxy' || kept[0] === 'absproxy';
}
