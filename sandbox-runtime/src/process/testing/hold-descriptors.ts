import { closeSync, openSync } from 'node:fs';

/** Takes every descriptor that is left to this process; gives what lets go of them again. */
export function holdDescriptors(): () => void {
  const held: number[] = [];
  try {
    for (;;) held.push(openSync('/dev/null', 'r'));
  } catch {
    return () => held.forEach((descriptor) => closeSync(descriptor));
  }
}
