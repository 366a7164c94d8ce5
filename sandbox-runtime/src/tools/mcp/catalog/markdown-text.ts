export interface MarkdownImage {
  readonly src: string;
  readonly alt: string;
}

/**
 * No part can match what ends it or begins the next, and all are bounded: hostile text costs no more than its length, however
 * many brackets it opens.
 */
const IMAGE = /!\[([^[\]\n]{0,1000})\]\(\s{0,8}<?([^\s()<>]{1,4000})>?(?:\s[^()\n]{0,500})?\)/g;
const LINK = /\[([^[\]\n]{0,2000})\]\([^()\n]{0,4000}\)/g;
const MAX_IMAGES = 1000;

export function imagesOf(markdown: string): readonly MarkdownImage[] {
  const images: MarkdownImage[] = [];
  for (const [, alt = '', src = ''] of markdown.matchAll(IMAGE)) {
    if (images.length === MAX_IMAGES) break;
    images.push({ src, alt });
  }
  return images;
}

/** The words alone: what marks headings, lists, emphasis, code and links is taken away, their text stays. */
export function plainText(markdown: string): string {
  return markdown
    .replaceAll(IMAGE, (_, alt: string) => alt)
    .replaceAll(LINK, (_, text: string) => text)
    .split('\n')
    .map(plainLine)
    .filter((line): line is string => line !== undefined)
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
}

/** Undefined for a line that is markup alone. */
function plainLine(line: string): string | undefined {
  if (/^\s{0,3}(```|~~~)/.test(line) || (line.includes('-') && /^[\s|:-]+$/.test(line))) return undefined;
  const words = line
    .replace(/^\s{0,8}(#{1,6} |> |[*+-] )/, '')
    .replaceAll('**', '')
    .replaceAll('__', '')
    .replaceAll('`', '');
  // Cells of a table stand apart as in a file of tab-separated values.
  if (!/^\s{0,8}\|/.test(words)) return words;
  const cells = words.split('|').map((cell) => cell.trim());
  return cells.slice(1, cells.at(-1) === '' ? -1 : undefined).join('\t');
}
