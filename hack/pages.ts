/** `tsx hack/pages.ts [--out FOLDER]`: the pages that the runtime serves, in dist/pages. `hack/bundle.ts` makes them too. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { build, type Plugin } from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const SOURCES = join(root, 'sandbox-runtime/pages');
const NOVNC = join(root, 'node_modules/@novnc/novnc/core');

/**
 * Builds every page: each folder with an index.html. `page.html` names `name.js` and `name.css`, which are made of `name.ts` and
 * `name.css` beside it and get the hash of their content into their names.
 */
export async function buildPages(outdir: string): Promise<void> {
  const entries = await readdir(SOURCES, { withFileTypes: true, recursive: true });
  const pages = entries.filter((entry) => entry.isFile() && entry.name === 'index.html');
  await Promise.all(pages.map(({ parentPath }) => buildPage(parentPath, join(outdir, basename(parentPath)))));
}

async function buildPage(source: string, outdir: string): Promise<void> {
  const files = await readdir(source);
  const name = basename(source);
  const entryPoints = [`${name}.ts`, `${name}.css`].filter((file) => files.includes(file)).map((file) => join(source, file));
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir,
    entryNames: '[name]-[hash]',
    bundle: true,
    minify: true,
    platform: 'browser',
    // A module would be fetched with an origin, and a page in a sandboxed frame has none.
    format: 'iife',
    target: 'es2022',
    metafile: true,
    legalComments: 'eof',
    alias: { 'novnc-logging': join(NOVNC, 'util/logging.js') },
    plugins: [withoutTopLevelAwait],
    logLevel: 'warning',
  });
  let html = await readFile(join(source, 'index.html'), 'utf8');
  for (const path of Object.keys(metafile.outputs)) {
    const plain = basename(path).replace(/-[0-9A-Z]{8}(\.\w+)$/, '$1');
    if (!html.includes(`"${plain}"`)) throw new Error(`${name}/index.html does not name ${plain}`);
    html = html.replaceAll(`"${plain}"`, `"${basename(path)}"`);
  }
  await mkdir(outdir, { recursive: true });
  await writeFile(join(outdir, 'index.html'), html);
}

/** noVNC waits, before anything else runs, for the browser to decode a film; no server here sends one, and scripts can't wait. */
const withoutTopLevelAwait: Plugin = {
  name: 'without-top-level-await',
  setup: ({ onLoad }) =>
    onLoad({ filter: /@novnc[\\/]novnc[\\/]core[\\/]util[\\/]browser\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const contents = source.replace(/^supportsWebCodecsH264Decode = await .*$/m, '');
      if (contents === source) throw new Error(`${path} has changed: look for its top-level await`);
      return { contents, loader: extname(path) === '.js' ? 'js' : 'ts' };
    }),
};

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { out: { type: 'string', default: join(root, 'dist/pages') } } });
  await buildPages(resolve(values.out));
}
