/** What a key may do. */
export const VERBS = [
  'sandboxes:create',
  'sandboxes:get',
  'sandboxes:list',
  'sandboxes:delete',
  'tokens:create',
  'tickets:create',
] as const;
export type Verb = (typeof VERBS)[number];

export const ALL_VERBS = '*';
export type GrantedVerb = Verb | typeof ALL_VERBS;

export const isGrantedVerb = (text: string): text is GrantedVerb =>
  text === ALL_VERBS || (VERBS as readonly string[]).includes(text);

export const allows = (granted: readonly GrantedVerb[], verb: Verb): boolean =>
  granted.includes(ALL_VERBS) || granted.includes(verb);
