/** `tsx hack/bundle.ts [--out FOLDER]`: the programs of the images without their sources and packages, in dist/. */
import { access, readdir, rm, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { build, type Plugin } from 'esbuild';

import { buildPages } from './pages.ts';

const root = resolve(import.meta.dirname, '..');

/** The programs; those of one group share chunks. */
export const programs = {
  operator: {
    operator: 'operator/src/cmd/operator.ts',
    api: 'api/src/cmd/api.ts',
    gateway: 'api/src/cmd/gateway.ts',
    keys: 'api/src/cmd/keys.ts',
  },
  runtime: { runtime: 'sandbox-runtime/src/cmd/runtime.ts' },
  // In the same image, but started anew by each command: it shares nothing, so as not to read what it does not need.
  aio: { aio: 'sandbox-runtime/src/cmd/aio.ts' },
} as const;

/** Bundles every program into `outdir`; what an earlier run left there is removed first, so nothing stale gets into an image. */
export async function bundle(outdir: string): Promise<void> {
  await Promise.all(Object.values(programs).flatMap((entries) => Object.values(entries).map(requireEntry)));
  await rm(outdir, { recursive: true, force: true });
  await Promise.all([
    ...Object.entries(programs).map(([group, entries]) => bundleGroup({ group, entries, outdir })),
    buildPages(join(outdir, 'pages')),
  ]);
}

interface GroupBundle {
  readonly group: string;
  readonly entries: Readonly<Record<string, string>>;
  readonly outdir: string;
}

async function bundleGroup({ group, entries, outdir }: GroupBundle): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: { ...entries },
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // What the programs of one group share is there once, and what they load only on use is not even read before.
    splitting: true,
    chunkNames: `chunks/${group}/[name]-[hash]`,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    // Found in node_modules beside the bundle: a native addon that is built for the image's Node, and a package that finds
    // parts of its own by their place in its folder.
    external: ['node-pty', 'playwright-core'],
    // CommonJS dependencies call require() for Node's own modules, which an ES module does not have.
    banner: {
      js: "import { createRequire as requireOfBundle } from 'node:module';const require = requireOfBundle(import.meta.url);",
    },
    plugins: [httpWithoutFetch],
    logLevel: 'warning',
  });
}

/**
 * An `import` of node:http reads each of its exports, and with WebSocket, one of them, loads Node's whole fetch: a tenth of a start.
 * `require` reads none.
 */
const httpWithoutFetch: Plugin = {
  name: 'http-without-fetch',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(?:node:)?http$/ }, ({ kind, path }) =>
      kind === 'import-statement' ? { path: 'node:http', namespace: 'required' } : { path, external: true },
    );
    onLoad({ filter: /./, namespace: 'required' }, () => ({ contents: "module.exports = require('node:http');" }));
  },
};

async function requireEntry(entry: string): Promise<void> {
  await access(join(root, entry)).catch(() => {
    throw new Error(`There is no ${entry}: the images can't be made without it.`);
  });
}

async function printSizes(outdir: string): Promise<void> {
  const files = (await readdir(outdir, { recursive: true })).filter((file) => file.endsWith('.mjs'));
  for (const file of files.sort()) {
    const { size } = await stat(join(outdir, file));
    console.log(`${(size / 1024).toFixed(0).padStart(6)} KiB  ${relative(root, join(outdir, file))}`);
  }
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { out: { type: 'string', default: join(root, 'dist') } } });
  try {
    await bundle(resolve(values.out));
    await printSizes(resolve(values.out));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
