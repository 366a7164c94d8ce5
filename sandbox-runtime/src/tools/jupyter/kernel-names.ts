import { ApiError } from '@sandfleet/contract';

/** Interpreters that can run a kernel, by the kernels' names. */
export type Interpreters = Readonly<Record<string, string>>;

export interface KernelChoice {
  readonly name: string;
  readonly python: string;
}

/** @throws ApiError BAD_REQUEST with the names that there are. */
export function chooseKernel(
  asked: string | undefined,
  { interpreters, version }: { interpreters: Interpreters; version: string | undefined },
): KernelChoice {
  const name = nameOf(asked, defaultName(interpreters, version));
  const python = Object.hasOwn(interpreters, name) ? interpreters[name] : undefined;
  if (python !== undefined) return { name, python };
  const known = Object.keys(interpreters).join(', ');
  throw new ApiError('BAD_REQUEST', { message: `There is no kernel ${JSON.stringify(asked ?? name)}; there is: ${known}` });
}

function nameOf(asked: string | undefined, fallback: string): string {
  if (asked === undefined || asked === 'python') return fallback;
  return /^3\.\d+$/.test(asked) ? `python${asked}` : asked;
}

/** The kernel of PYTHON_VERSION (`3.12`, `3.12.4`, `python3.12`) where it is installed. */
export function defaultName(interpreters: Interpreters, version: string | undefined): string {
  const [, minor] = /^(?:python)?(3\.\d+)(?:\.\d+)?$/.exec(version ?? '') ?? [];
  const wanted = `python${minor}`;
  if (minor !== undefined && Object.hasOwn(interpreters, wanted)) return wanted;
  return Object.hasOwn(interpreters, 'python3') ? 'python3' : (Object.keys(interpreters)[0] ?? 'python3');
}
