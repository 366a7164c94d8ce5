import { parseDocument, YAMLParseError } from 'yaml';

export interface SkillText {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Why a front matter is not taken, in words for its author. */
export class FrontMatterError extends Error {
  override readonly name = 'FrontMatterError';
}

export const MAX_FRONT_MATTER = 64 * 1024;
const MAX_DEPTH = 16;

const FENCED = /^---[ \t]*\r?\n(?:([\s\S]*?)\r?\n)?(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/;

/**
 * Splits a SKILL.md into its front matter and its body. A text without front matter is all body.
 *
 * @throws FrontMatterError
 */
export function parseSkillText(text: string): SkillText {
  const plain = text.startsWith('\uFEFF') ? text.slice(1) : text;
  if (!/^---[ \t]*\r?\n/.test(plain)) return { metadata: {}, body: plain };
  const fenced = FENCED.exec(plain);
  if (fenced === null) throw new FrontMatterError('its front matter has no line --- at the end');
  const source = fenced[1] ?? '';
  if (source.length > MAX_FRONT_MATTER)
    throw new FrontMatterError(`its front matter has more than ${MAX_FRONT_MATTER} characters`);
  return { metadata: parseYaml(source), body: plain.slice(fenced[0].length).replace(/^(?:[ \t]*\r?\n)+/, '') };
}

function parseYaml(source: string): Record<string, unknown> {
  const value = evaluate(source);
  if (value === null || value === undefined) return {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw new FrontMatterError('its front matter is no mapping of names to values');
  if (depthOf(value, 0) > MAX_DEPTH) throw new FrontMatterError(`its front matter is nested more than ${MAX_DEPTH} deep`);
  // An object that is no list: keys of YAML mappings become strings.
  return value as Record<string, unknown>;
}

function evaluate(source: string): unknown {
  try {
    // The core schema makes plain values alone: no tag of a document builds anything, and no merge key copies.
    const document = parseDocument(source, { schema: 'core', merge: false, uniqueKeys: true, logLevel: 'error' });
    const [error] = document.errors;
    if (error !== undefined) throw error;
    // An alias stands for a copy when it is sent; ten are enough for honest use, and no bomb.
    return document.toJS({ maxAliasCount: 10 });
  } catch (error) {
    // The parser's stack ends where brackets nest deeper than anybody writes.
    const why = error instanceof YAMLParseError ? error.message.split('\n')[0] : 'it is nested too deeply or repeats itself';
    throw new FrontMatterError(`its front matter is not taken: ${why}`, { cause: error });
  }
}

function depthOf(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return depth;
  return Math.max(depth, ...Object.values(value).map((item) => depthOf(item, depth + 1)));
}
