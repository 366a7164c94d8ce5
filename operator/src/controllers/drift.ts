/**
 * Whether the live object differs from the intent in a field that the intent names. Fields that only the live object has are
 * defaults of the API server or the business of others. Lists are compared whole.
 */
export function hasDrifted(live: unknown, intent: unknown): boolean {
  if (intent === undefined) return false;
  if (Array.isArray(intent)) {
    if (!Array.isArray(live)) return intent.length > 0 || live !== undefined;
    return live.length !== intent.length || intent.some((item, index) => hasDrifted(live[index], item));
  }
  if (typeof intent === 'object' && intent !== null) {
    if (typeof live !== 'object' || live === null) return Object.keys(intent).length > 0;
    return Object.entries(intent).some(([key, value]) => hasDrifted((live as Record<string, unknown>)[key], value));
  }
  return live !== intent;
}
