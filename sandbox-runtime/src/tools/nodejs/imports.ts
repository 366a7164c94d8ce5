/** What the program of a session calls its import(): code evaluated there has none of its own. */
const LOAD = '__dynamicImport__';

/** One import statement, from its keyword on. The bounds keep a search for an end that is not there short. */
const STATEMENT = new RegExp(
  [
    String.raw`import\s{0,1000}`,
    String.raw`(?:([\w$]+)\s{0,1000}(?:,|(?=\sfrom\b))\s{0,1000})?`,
    String.raw`(?:\*\s{0,1000}as\s{1,1000}([\w$]+)|\{([^}]{0,10000})\})?`,
    String.raw`\s{0,1000}(?:from\s{0,1000})?(["'])([^"'\n]{1,4000})\4`,
    String.raw`(?:\s{0,1000}with\s{0,1000}(\{[^}]{0,1000}\}))?`,
  ].join(''),
  'y',
);
const IDENTIFIER = /[\w$]/;
const KEYWORD_BEFORE_PATTERN = /(?:^|[^\w$.])(?:return|typeof|case|in|of|delete|void|throw|new|do|else|yield|await|instanceof)$/;

/**
 * Makes imports work in a session: `import(` becomes a call of the program's own, an import statement an await of it.
 * Code without the word comes back as it is, and so does code whose statements this can't read: V8 then says what is wrong.
 */
export function rewriteImports(code: string): string {
  if (!code.includes('import')) return code;
  let result = '';
  let from = 0;
  for (const at of importsOf(code)) {
    if (at < from) continue;
    const replacement = replacementAt(code, at);
    if (replacement === undefined) return code;
    result += code.slice(from, at) + replacement.text;
    from = at + replacement.length;
  }
  return result + code.slice(from);
}

function replacementAt(code: string, at: number): { text: string; length: number } | undefined {
  if (/^\s{0,1000}\(/.test(code.slice(at + 6, at + 1100))) return { text: LOAD, length: 6 };
  STATEMENT.lastIndex = at;
  const match = STATEMENT.exec(code);
  if (match === null) return undefined;
  const [all, byDefault, namespace, names, , specifier = '', attributes] = match;
  const options = attributes === undefined ? '' : `, { with: ${attributes} }`;
  const loaded = `await ${LOAD}(${JSON.stringify(specifier)}${options})`;
  // Line breaks stay, so that later lines keep their numbers.
  const breaks = '\n'.repeat(all.split('\n').length - 1);
  if (namespace !== undefined) {
    const first = byDefault === undefined ? '' : `; const { default: ${byDefault} } = ${namespace}`;
    return { text: `const ${namespace} = ${loaded}${first}${breaks}`, length: all.length };
  }
  const bindings = [
    ...(byDefault === undefined ? [] : [`default: ${byDefault}`]),
    ...(names ?? '').split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim().replace(/\s+as\s+/, ': ')])),
  ];
  const binds = byDefault !== undefined || names !== undefined;
  return { text: `${binds ? `const { ${bindings.join(', ')} } = ` : ''}${loaded}${breaks}`, length: all.length };
}

/** Where the word stands as code: not in strings, comments, patterns or the text of templates, and not as a property. */
export function* importsOf(code: string): Generator<number> {
  // Depth of braces at which each open template goes on as text.
  const templates: number[] = [];
  let depth = 0;
  let before = '';
  for (let at = 0; at < code.length;) {
    const char = code.charAt(at);
    if (char === '}' && templates.at(-1) === depth) {
      templates.pop();
      at = endOfTemplateText(code, at + 1);
      if (code.startsWith('${', at - 2)) templates.push(depth);
      before = '`';
      continue;
    }
    const end = endOfSkipped(code, at, before);
    if (end !== undefined) {
      if (char === '`' && code.startsWith('${', end - 2)) templates.push(depth);
      if (!/^\/[/*]/.test(code.slice(at, at + 2))) before = char === '/' ? '`' : char;
      at = end;
      continue;
    }
    if (IDENTIFIER.test(char)) {
      const stop = endOfWord(code, at);
      const word = code.slice(at, Math.min(stop, at + 20));
      if (word === 'import' && stop - at === 6 && before !== '.') yield at;
      before = KEYWORD_BEFORE_PATTERN.test(`${before === '.' ? '.' : ' '}${word}`) ? '(' : 'a';
      at = stop;
      continue;
    }
    if (char === '{') depth += 1;
    if (char === '}') depth -= 1;
    if (!/\s/.test(char)) before = char;
    at += 1;
  }
}

function endOfWord(code: string, at: number): number {
  let end = at + 1;
  while (end < code.length && IDENTIFIER.test(code.charAt(end))) end += 1;
  return end;
}

/** Past the string, template text, comment or pattern that begins here; undefined when none does. */
function endOfSkipped(code: string, at: number, before: string): number | undefined {
  const char = code.charAt(at);
  if (char === '"' || char === "'") return endOfQuoted(code, at + 1, char);
  if (char === '`') return endOfTemplateText(code, at + 1);
  if (char !== '/') return undefined;
  const next = code.charAt(at + 1);
  if (next === '/') return endOr(code.indexOf('\n', at), code);
  if (next === '*') return endOr(code.indexOf('*/', at + 2), code, 2);
  // After a value a slash divides; `}` mostly ends a block.
  return /[\w$)\]'"`]/.test(before) ? undefined : endOfPattern(code, at + 1);
}

const endOr = (index: number, code: string, length = 0): number => (index === -1 ? code.length : index + length);

/** A string ends with its line also when its quote is missing, so that one mistake does not hide the rest. */
function endOfQuoted(code: string, from: number, quote: string): number {
  for (let at = from; at < code.length; at += 1) {
    const char = code.charAt(at);
    if (char === '\\') at += 1;
    else if (char === quote || char === '\n') return at + 1;
  }
  return code.length;
}

/** Past the closing backtick, or past the `${` of a substitution. */
function endOfTemplateText(code: string, from: number): number {
  for (let at = from; at < code.length; at += 1) {
    const char = code.charAt(at);
    if (char === '\\') at += 1;
    else if (char === '`') return at + 1;
    else if (char === '$' && code.charAt(at + 1) === '{') return at + 2;
  }
  return code.length;
}

function endOfPattern(code: string, from: number): number {
  let isClass = false;
  for (let at = from; at < code.length; at += 1) {
    const char = code.charAt(at);
    if (char === '\n') return at;
    if (char === '\\') at += 1;
    else if (char === '[') isClass = true;
    else if (char === ']') isClass = false;
    else if (char === '/' && !isClass) return at + 1;
  }
  return code.length;
}
