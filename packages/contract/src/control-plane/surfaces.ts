/** What a sandbox shows at its URL. A token's scope, a ticket and the URLs of a sandbox all speak of these. */
export const SURFACES = ['rest', 'mcp', 'cdp', 'vnc', 'codeServer', 'jupyter', 'terminal', 'preview'] as const;
export type Surface = (typeof SURFACES)[number];

/** `view` looks on; `control` also acts. */
export const MODES = ['view', 'control'] as const;
export type Mode = (typeof MODES)[number];

export const isSurface = (text: string): text is Surface => (SURFACES as readonly string[]).includes(text);
export const isMode = (text: string): text is Mode => (MODES as readonly string[]).includes(text);
