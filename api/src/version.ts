import manifest from '../package.json' with { type: 'json' };

/** Version of this build; all parts of a release share it. */
export const VERSION: string = manifest.version;
