import { SURFACES, type SurfaceName } from './surfaces.ts';

export const SIDES = ['first', 'second'] as const;
export type Side = (typeof SIDES)[number];

/** Which surface is on which side, what is in front there, and what was opened. The URL's hash remembers it. */
export interface Layout {
  readonly sides: Readonly<Record<SurfaceName, Side>>;
  readonly front: Readonly<Partial<Record<Side, SurfaceName>>>;
  readonly open: readonly SurfaceName[];
  /** The side that has the whole page. */
  readonly only: Side | undefined;
  /** Percentage of the first side. */
  readonly share: number;
  readonly terminal: string | undefined;
}

const NAMES = SURFACES.map(({ name }) => name);
export const SHARES = { least: 15, most: 85, otherwise: 50 } as const;

const FIRST: Layout = {
  sides: { browser: 'first', code: 'first', terminal: 'second', jupyter: 'second' },
  front: { first: 'browser', second: 'terminal' },
  open: [],
  only: undefined,
  share: SHARES.otherwise,
  terminal: undefined,
};

export const surfacesOn = ({ sides }: Pick<Layout, 'sides'>, side: Side): SurfaceName[] =>
  NAMES.filter((name) => sides[name] === side);

export const otherSide = (side: Side): Side => (side === 'first' ? 'second' : 'first');

export const show = (layout: Layout, name: SurfaceName): Layout => ({
  ...layout,
  front: { ...layout.front, [layout.sides[name]]: name },
});

export const open = (layout: Layout, name: SurfaceName): Layout => ({
  ...layout,
  open: [...layout.open.filter((other) => other !== name), name],
});

export const close = (layout: Layout, name: SurfaceName): Layout => ({
  ...layout,
  open: layout.open.filter((other) => other !== name),
});

/** To the other side, where it comes to the front. */
export function move(layout: Layout, name: SurfaceName): Layout {
  const from = layout.sides[name];
  const to = otherSide(from);
  const sides = { ...layout.sides, [name]: to };
  return settle({ ...layout, sides, only: undefined, front: { ...layout.front, [to]: name } });
}

export const resize = (layout: Layout, share: number): Layout => ({
  ...layout,
  share: Math.min(SHARES.most, Math.max(SHARES.least, Math.round(share))),
});

/** What is in front must be on that side; a side without surfaces leaves the page to the other. */
function settle(layout: Layout): Layout {
  const frontOf = (side: Side): SurfaceName | undefined => {
    const here = surfacesOn(layout, side);
    return here.find((name) => name === layout.front[side]) ?? here[0];
  };
  const [first, second] = [frontOf('first'), frontOf('second')];
  return {
    ...layout,
    front: { ...(first === undefined ? {} : { first }), ...(second === undefined ? {} : { second }) },
  };
}

/** `#first=browser*,code&second=terminal*,jupyter&open=terminal&share=40&terminal=ID` */
export function writeLayout(layout: Layout): string {
  const side = (side: Side) =>
    surfacesOn(layout, side)
      .map((name) => (layout.front[side] === name ? `${name}*` : name))
      .join(',');
  const parts = [`first=${side('first')}`, `second=${side('second')}`];
  if (layout.open.length > 0) parts.push(`open=${layout.open.join(',')}`);
  if (layout.only !== undefined) parts.push(`only=${layout.only}`);
  if (layout.share !== SHARES.otherwise) parts.push(`share=${layout.share}`);
  if (layout.terminal !== undefined) parts.push(`terminal=${encodeURIComponent(layout.terminal)}`);
  return `#${parts.join('&')}`;
}

/** What cannot be read is as it is at first. */
export function readLayout(hash: string): Layout {
  const said = new URLSearchParams(hash.replace(/^#/, ''));
  const names = (key: string) => (said.get(key) ?? '').split(',');
  const sides = { ...FIRST.sides };
  const front: Partial<Record<Side, SurfaceName>> = { ...FIRST.front };
  for (const side of SIDES) {
    for (const word of names(side)) {
      const name = NAMES.find((known) => word.replace('*', '') === known);
      if (name === undefined) continue;
      sides[name] = side;
      if (word.endsWith('*')) front[side] = name;
    }
  }
  const share = Number(said.get('share') ?? SHARES.otherwise);
  const layout: Layout = {
    sides,
    front,
    open: NAMES.filter((name) => names('open').includes(name)),
    only: SIDES.find((side) => side === said.get('only')),
    share: SHARES.otherwise,
    terminal: said.get('terminal') ?? undefined,
  };
  return settle(resize(layout, Number.isFinite(share) ? share : SHARES.otherwise));
}
