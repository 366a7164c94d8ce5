import { describe, expect, it } from 'vitest';

import { chooseNode, installedNodes } from './versions.ts';

const nodes = [
  { name: 'node24', version: '24.1.0', binary: '/a' },
  { name: 'node22', version: '22.1.0', binary: '/b' },
];

describe('chooseNode()', () => {
  it.for([
    [undefined, 'node24'],
    ['22', 'node22'],
    ['node22', 'node22'],
    ['24', 'node24'],
  ] as const)('takes %s as %s', ([wanted, name]) => {
    expect(chooseNode(nodes, wanted).name).toBe(name);
  });

  it('names what is there when a version is not', () => {
    expect(() => chooseNode(nodes, 'node20')).toThrow('version node20 is not installed; available_versions: node24, node22');
  });
});

describe('chooseNode() of none', () => {
  it.for([undefined, '24'])('tells of %s that nothing starts', (wanted) => {
    expect(() => chooseNode([], wanted)).toThrow('No Node.js starts in this sandbox now.');
  });
});

describe('installedNodes()', () => {
  it('asks the Node on the path, or else its own', async () => {
    const own = `node${process.versions.node.split('.')[0]}`;
    expect(await installedNodes({ PATH: '/nowhere:relative' })).toEqual([
      { name: own, version: process.versions.node, binary: process.execPath },
    ]);
    expect((await installedNodes({ PATH: '/usr/local/bin:/usr/bin:/bin' }))[0]?.name).toMatch(/^node\d+$/);
  });
});
