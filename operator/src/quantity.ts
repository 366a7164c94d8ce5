const SUFFIXES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  n: [1n, 1_000_000_000n],
  u: [1n, 1_000_000n],
  m: [1n, 1000n],
  '': [1n, 1n],
  k: [1000n, 1n],
  M: [1000n ** 2n, 1n],
  G: [1000n ** 3n, 1n],
  T: [1000n ** 4n, 1n],
  P: [1000n ** 5n, 1n],
  E: [1000n ** 6n, 1n],
  Ki: [1024n, 1n],
  Mi: [1024n ** 2n, 1n],
  Gi: [1024n ** 3n, 1n],
  Ti: [1024n ** 4n, 1n],
  Pi: [1024n ** 5n, 1n],
  Ei: [1024n ** 6n, 1n],
};

const FORM = /^([+-]?)(\d*)(?:\.(\d*))?(?:([eE])([+-]?\d{1,3})|([numkMGTPE]|[KMGTPE]i)?)$/;
// Fine enough for the smallest step that Kubernetes knows.
const SCALE = 1_000_000_000n;

/** A Kubernetes quantity in billionths, rounded towards zero; undefined for text that is none. */
export function parseQuantity(quantity: string | number): bigint | undefined {
  const match = FORM.exec(String(quantity));
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', , exponent = '0', suffix = ''] = match;
  if (whole === '' && fraction === '') return undefined;
  const [numerator, denominator] = SUFFIXES[suffix] ?? [1n, 1n];
  const power = Number(exponent) - fraction.length;
  const digits = BigInt(whole + fraction) * SCALE * numerator;
  const scaled = power >= 0 ? digits * 10n ** BigInt(power) : digits / 10n ** BigInt(-power);
  return (sign === '-' ? -1n : 1n) * (scaled / denominator);
}

/** Negative where `a` is less than `b`. What cannot be read counts as nothing; the kind refuses it before it gets here. */
export function compareQuantities(a: string | number, b: string | number): number {
  const difference = (parseQuantity(a) ?? 0n) - (parseQuantity(b) ?? 0n);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
