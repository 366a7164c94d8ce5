/**
 * How many characters at the end of `text` may be the beginning of `marker`, which has its first character nowhere else. Nothing
 * but that is held back: a cut at some other place could go through a character of two halves.
 */
export function beginningAtEnd(text: string, marker: string): number {
  const at = text.lastIndexOf(marker.charAt(0));
  if (at === -1 || text.length - at >= marker.length || !marker.startsWith(text.slice(at))) return 0;
  return text.length - at;
}
