const INDENT = '  ';
// Words and shapes that a YAML 1.1 or 1.2 reader would not read back as the same string.
const PLAIN = /^[A-Za-z_/][A-Za-z0-9_./-]*$/;
const WORDS = /^(true|false|yes|no|on|off|null|y|n)$/i;

/** Writes plain data as block-style YAML; strings that could be read as anything else are quoted as in JSON. */
export function toYaml(value: unknown): string {
  return `${block(value, '').replace(/^\n/, '')}\n`;
}

function block(value: unknown, indent: string): string {
  if (Array.isArray(value))
    return value.length === 0 ? ' []' : value.map((item) => `\n${indent}- ${inline(item, indent)}`).join('');
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
    if (entries.length === 0) return ' {}';
    return entries.map(([key, entry]) => `\n${indent}${scalar(key)}:${block(entry, indent + INDENT)}`).join('');
  }
  return ` ${scalar(value)}`;
}

/** The first line of a list item shares its line with the dash. */
function inline(item: unknown, indent: string): string {
  return block(item, indent + INDENT).trimStart();
}

function scalar(value: unknown): string {
  if (typeof value === 'string' && PLAIN.test(value) && !WORDS.test(value)) return value;
  return JSON.stringify(value);
}
