import type { Mode, Surface } from '@sandfleet/contract/control-plane';

/** The debugger and MCP are for programs: the home page only tells their URLs. */
const ON_HOME_PAGE: Readonly<Record<Mode, readonly Surface[]>> = {
  control: ['vnc', 'codeServer', 'jupyter', 'terminal', 'preview'],
  // Only the screen can be looked at without acting.
  view: ['vnc'],
};

/**
 * What else a ticket opens, since its page shows it in frames: a ticket for `rest` opens the home page. `scope` is what its
 * issuer may open; none of it is left out where they may open all.
 */
export function framesOf(surface: Surface, mode: Mode, scope?: ReadonlySet<Surface>): readonly Surface[] | undefined {
  if (surface !== 'rest') return undefined;
  return ON_HOME_PAGE[mode].filter((frame) => scope === undefined || scope.has(frame));
}
