import { digestOf, isSameSecret } from './secret.ts';

/** Whether a text is one of the static keys. All are compared, whichever fits. */
export function createKeyCheck(keys: readonly string[]): (text: string) => boolean {
  const digests = keys.map(digestOf);
  return (text) => digests.filter((digest) => isSameSecret(text, digest)).length > 0;
}
