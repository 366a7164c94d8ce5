export interface EditableText {
  /** The text with plain newlines, where it has one kind of line end only. */
  readonly text: string;
  /** Brings an argument into the form that the text is edited in. */
  normalize(argument: string): string;
  /** Brings an edited text back into the form of the file. */
  restore(edited: string): string;
}

const same = (text: string): string => text;
const toNewlines = (text: string): string => text.replaceAll('\r\n', '\n');

/**
 * A file whose every line ends with CRLF is edited with plain newlines, which is what agents send, and gets its line ends back.
 * One of mixed line ends is edited as it is: changing lines that nobody asked to change would be worse than a missed match.
 */
export function editable(content: string): EditableText {
  if (!isAllCrlf(content)) return { text: content, normalize: same, restore: same };
  return { text: toNewlines(content), normalize: toNewlines, restore: (edited) => edited.replaceAll('\n', '\r\n') };
}

function isAllCrlf(content: string): boolean {
  let at = content.indexOf('\n');
  if (at === -1) return false;
  for (; at !== -1; at = content.indexOf('\n', at + 1)) if (content[at - 1] !== '\r') return false;
  return true;
}
