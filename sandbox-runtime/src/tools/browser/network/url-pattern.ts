const MAX_ALTERNATIVES = 64;

/**
 * A URL pattern as people know it from playwright: `**` stands for anything, `*` for anything but a slash, `{a,b}` for one of
 * these. One that begins with a slash is a path on any host, and one without a query fits any query.
 */
export function urlMatcher(pattern: string): (url: string) => boolean {
  const globs = alternatives(whole(pattern)).map(tokensOf);
  const fits = (url: string) => globs.some((glob) => matches(glob, url));
  if (pattern.includes('?')) return fits;
  return (url) => fits(url) || (/[?#]/.test(url) && fits(url.replace(/[?#].*$/s, '')));
}

/** What somebody looks for among URLs: a part of them, or a pattern when it has a star. */
export function urlFilter(filter: string): (url: string) => boolean {
  if (!filter.includes('*')) return (url) => url.includes(filter);
  return urlMatcher(filter);
}

/** A pattern of DevTools (`*` for anything, `?` for one character) that fits whatever `urlMatcher` accepts, and perhaps more. */
export function devtoolsPattern(pattern: string): string {
  if (pattern.includes('{')) return '*';
  const escaped = whole(pattern)
    .replaceAll('\\', '\\\\')
    .replaceAll('?', String.raw`\?`);
  const stars = escaped.replaceAll(/\*+/g, '*');
  return stars.endsWith('*') || pattern.includes('?') ? stars : `${stars}*`;
}

const whole = (pattern: string): string => (pattern.startsWith('/') ? `**${pattern}` : pattern);

/** The patterns that the braces stand for; what is no pair of braces, or too many of them, stands for itself. */
function alternatives(pattern: string): readonly string[] {
  let all: readonly string[] = [''];
  for (const part of pattern.split(/(\{[^{}]*\})/)) {
    const words = part.startsWith('{') && part.endsWith('}') ? part.slice(1, -1).split(',') : [part];
    if (all.length * words.length > MAX_ALTERNATIVES) return [pattern];
    all = all.flatMap((begin) => words.map((word) => begin + word));
  }
  return all;
}

const tokensOf = (pattern: string): readonly string[] => pattern.match(/\*+|[^*]/gs) ?? [];

/**
 * Goes through the text once with all places of the pattern that it may have reached: a regular expression would go back and
 * forth, for ever when there are many stars.
 */
function matches(tokens: readonly string[], text: string): boolean {
  let reached = new Set(behindStars(tokens, 0));
  for (const character of text.match(/./gs) ?? []) {
    const next = new Set<number>();
    for (const place of reached) {
      const token = tokens[place];
      if (token === undefined) continue;
      const isStar = token.startsWith('*');
      if (isStar && (token.length > 1 || character !== '/')) next.add(place);
      if (token === character) for (const further of behindStars(tokens, place + 1)) next.add(further);
      if (isStar && next.has(place)) for (const further of behindStars(tokens, place)) next.add(further);
    }
    if (next.size === 0) return false;
    reached = next;
  }
  return reached.has(tokens.length);
}

/** The place, and those behind the stars there: a star may stand for nothing. */
function behindStars(tokens: readonly string[], place: number): readonly number[] {
  const places = [place];
  for (let at = place; tokens[at]?.startsWith('*') === true; at += 1) places.push(at + 1);
  return places;
}
