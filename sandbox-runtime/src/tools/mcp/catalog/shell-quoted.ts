/** A word of a shell command that stands for exactly this text; a NUL, which no word can hold, ends in an empty word. */
export const shellQuoted = (text: string): string => (text.includes('\0') ? "''" : `'${text.replaceAll("'", "'\\''")}'`);
