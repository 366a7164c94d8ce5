/** Version of the runtime, and in the four-number form that published clients expect of the environment. */
export const VERSION = '0.1.0';
export const ENVIRONMENT_VERSION = `v${VERSION}.0`;
