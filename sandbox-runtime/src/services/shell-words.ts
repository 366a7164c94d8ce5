/** Words of a line as a shell would split it, with quotes and backslashes and nothing else: no variables, no patterns. */
export function shellWords(line: string): readonly string[] {
  const pattern = /\s*((?:[^\s'"\\]+|'[^']*'|"(?:[^"\\]|\\[^])*"|\\[^])+)/gy;
  const words: string[] = [];
  let end = 0;
  for (const [whole, word = ''] of line.matchAll(pattern)) {
    end += whole.length;
    words.push(unquote(word));
  }
  if (line.slice(end).trim() !== '') throw new Error(`a quote is not closed in: ${line.slice(end).trim()}`);
  return words;
}

const unquote = (word: string): string =>
  word.replaceAll(
    /'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])/g,
    (_, single: string | undefined, double: string | undefined, escaped: string | undefined) =>
      single ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? escaped ?? '',
  );
