import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { WatchBudget } from './budget.ts';
import { populate, reconcile } from './reconcile.ts';
import { WatchedTree } from './watched-tree.ts';

it('reconcile() gives the place of each file back once, also when the watcher was closed while it looked', async () => {
  const root = await mkdtemp(join(tmpdir(), 'reconcile-test-'));
  try {
    for (const name of ['a', 'b']) await writeFile(join(root, name), '');
    const budget = new WatchBudget({ directories: 1, files: 3 });
    const tree = new WatchedTree({ root, recursive: true, filter: { isExcluded: () => false }, budget, onTouched: () => {} });
    await populate(tree, await tree.open());
    const gone = [...tree.root.entries].map(([name, before]) => ({
      dir: tree.root,
      name,
      before,
      now: undefined,
      wasTouched: false,
    }));
    expect(gone).toHaveLength(2);
    tree.closeDirectory(tree.root);
    await reconcile(tree, gone);
    expect([1, 2, 3, 4].map(() => budget.takeFile())).toEqual([true, true, true, false]);
  } finally {
    await rm(root, { recursive: true });
  }
});
