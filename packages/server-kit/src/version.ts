import manifest from '../package.json' with { type: 'json' };

/** The product's version: all its packages carry the same, and the bundles hold it as text. */
export const VERSION: string = manifest.version;
