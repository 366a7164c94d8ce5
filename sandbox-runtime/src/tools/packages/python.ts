import { stat } from 'node:fs/promises';

import type { Environment } from '../../config.ts';
import { runBounded } from '../../process/bounded-process.ts';
import { isPackageText, toPackageList, type Package } from './package-list.ts';

const TIMEOUT_MS = 30_000;
const OUTPUT_LIMIT = 8 * 1024 * 1024;
const MAX_PACKAGES = 10_000;
const FRESH_MS = 30_000;
const MAX_PLACES = 256;
/** The clock of files is coarser than the server's. */
const CLOCK_SLACK_MS = 50;

/**
 * What pip reads too, without starting pip: that takes a second. The places are those where an installation would show,
 * among them the user's own, which a Python that starts before its first package does not yet have in its path.
 */
const SCRIPT = `
import itertools, json, site, sys
from importlib.metadata import distributions

def listed():
    for found in distributions():
        try:
            # What a removal that was interrupted leaves begins with a tilde, and has no metadata or half of it.
            if not getattr(getattr(found, "_path", None), "name", "").startswith("~"):
                yield {"name": found.metadata["Name"], "version": found.version}
        except Exception:
            continue

packages = list(itertools.islice(listed(), ${MAX_PACKAGES}))
json.dump({"packages": packages, "places": [*sys.path, site.getusersitepackages()]}, sys.stdout)
`;

interface Listing {
  readonly packages: readonly Package[];
  readonly places: readonly string[];
}

interface Known extends Listing {
  readonly at: number;
  readonly stamp: string;
}

/** The installed packages of `python3`. What is remembered holds while no place where packages are has changed. */
export class PythonPackages {
  readonly #env: Environment;
  readonly #closing = new AbortController();
  #known: Known | undefined;
  #reading: Promise<Known> | undefined;

  constructor(env: Environment) {
    this.#env = env;
  }

  /** @throws Error when there is no Python that runs. */
  async list(): Promise<readonly Package[]> {
    const known = this.#known;
    if (known !== undefined && Date.now() - known.at < FRESH_MS && known.stamp === (await stampOf(known.places)).stamp)
      return known.packages;
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return (await this.#reading).packages;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#reading?.catch(() => undefined);
  }

  async #read(): Promise<Known> {
    const began = Date.now();
    const listing = await readPackages(this.#env, this.#closing.signal);
    const { stamp, newest } = await stampOf(listing.places);
    // What was installed while Python looked may be missing: the next call looks again.
    this.#known = { ...listing, stamp, at: newest < began - CLOCK_SLACK_MS ? began : 0 };
    return this.#known;
  }
}

async function readPackages(env: Environment, signal: AbortSignal): Promise<Listing> {
  const { ended, exitCode, stdout, stderr } = await runBounded({
    command: ['python3', '-c', SCRIPT],
    directory: '/',
    env,
    timeoutMs: TIMEOUT_MS,
    maxOutputBytes: OUTPUT_LIMIT,
    signal,
  });
  if (ended !== 'exit' || exitCode !== 0 || stdout.cut)
    throw new Error(`python3 did not list its packages (${ended}, ${exitCode}): ${stderr.bytes.toString('utf8').slice(-1000)}`);
  return parseListing(stdout.bytes.toString('utf8'));
}

/** What the user's Python says is the user's word: anything may stand there. */
export function parseListing(text: string): Listing {
  const { packages, places } = JSON.parse(text) as { packages?: unknown; places?: unknown };
  return {
    packages: toPackageList(Array.isArray(packages) ? packages.filter(isPackage) : [], canonicalName),
    places: (Array.isArray(places) ? places.filter((place) => typeof place === 'string') : []).slice(0, MAX_PLACES),
  };
}

function isPackage(value: unknown): value is Package {
  if (typeof value !== 'object' || value === null) return false;
  // Any object may be asked for a field.
  const { name, version } = value as { name?: unknown; version?: unknown };
  return isPackageText(name) && isPackageText(version);
}

/** PEP 503: names that differ in case, dots and dashes alone are one package. */
const canonicalName = (name: string): string => name.toLowerCase().replaceAll(/[-_.]+/g, '-');

/** Installing and removing changes the directory that holds a package. */
async function stampOf(places: readonly string[]): Promise<{ readonly stamp: string; readonly newest: number }> {
  const times = await Promise.all(places.map(timesOf));
  const stamp = times.map(({ ino, mtimeMs }) => `${ino}:${mtimeMs}`).join(' ');
  return { stamp, newest: Math.max(0, ...times.map(({ mtimeMs }) => mtimeMs)) };
}

/** A place that is not there may come. */
const timesOf = (place: string): Promise<{ readonly ino: number; readonly mtimeMs: number }> =>
  stat(place === '' ? '/' : place).catch(() => ({ ino: 0, mtimeMs: 0 }));
