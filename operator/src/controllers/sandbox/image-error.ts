const IMAGE_REASONS = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
]);

export const isImageError = (reason: string): boolean => IMAGE_REASONS.has(reason);

// The node's own text changes with every attempt (addresses, times, back-off); what it means to the user does not.
const CAUSES: readonly (readonly [RegExp, string])[] = [
  [/not found|manifest unknown|does not exist|no such image/i, 'the registry has no such image; check its name and tag'],
  [
    /unauthorized|denied|forbidden|authorization failed|authentication required/i,
    'the registry refuses access; check the name and the pull credentials of the nodes',
  ],
  [
    /no such host|timeout|timed out|connection refused|unreachable|i\/o|dial tcp|EOF|reset by peer/i,
    'the registry cannot be reached from the node',
  ],
  [/toomanyrequests|rate limit/i, 'the registry limits the rate of pulls; it is tried again later'],
  [/no space left/i, 'the disk of the node is full'],
];

/** One sentence about an image that cannot be used, the same for all attempts that fail alike; undefined where no cause is told. */
export function describeImageError(image: string, reason: string, message: string): string | undefined {
  if (reason === 'InvalidImageName')
    return `The image "${image}" has no valid name; create the sandbox again with a correct spec.image.`;
  if (reason === 'ErrImageNeverPull') return `The image "${image}" is not on the node and its pull policy is Never.`;
  const cause = CAUSES.find(([pattern]) => pattern.test(message))?.[1];
  return cause === undefined ? undefined : `The image "${image}" cannot be pulled: ${cause}.`;
}
