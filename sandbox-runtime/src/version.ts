import { VERSION } from '@sandfleet/server-kit';

/** The version in the four-number form that published clients expect of the environment. */
export const ENVIRONMENT_VERSION = `v${VERSION}.0`;
