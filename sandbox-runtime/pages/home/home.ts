import { element } from '../shared/element.ts';
import { Divider } from './divider.ts';
import * as layouts from './layout.ts';
import { prepareMenus, showPorts } from './menus.ts';
import { Pane } from './pane.ts';
import { SideView } from './side-view.ts';
import { standingOf, SURFACES, type SurfaceName } from './surfaces.ts';
import { watch } from './watch.ts';

const stage = element('stage', HTMLElement);
const notice = element('notice', HTMLElement);
let layout = layouts.readLayout(location.hash);

function urlOf(name: SurfaceName): string {
  const path = SURFACES.find((surface) => surface.name === name)?.path ?? '';
  if (name !== 'terminal' || layout.terminal === undefined) return path;
  return `${path}?session_id=${encodeURIComponent(layout.terminal)}`;
}

const panes = new Map(
  SURFACES.map((surface) => [surface.name, new Pane({ surface, onStart: () => change(layouts.open(layout, surface.name)) })]),
);

const actions = {
  urlOf,
  show: (name: SurfaceName) => change(layouts.show(layout, name)),
  move: (name: SurfaceName) => change(layouts.move(layout, name)),
  close: (name: SurfaceName) => {
    change(layouts.close(layout, name));
    panes.get(name)?.focus();
  },
  reload: (name: SurfaceName) => {
    panes.get(name)?.close();
    change(layout);
  },
  toggleOnly: (side: layouts.Side) => change({ ...layout, only: layout.only === side ? undefined : side }),
};

const sides = layouts.SIDES.map((side) => new SideView({ side, panes, actions }));
const divider = new Divider(stage, (share) => change(layouts.resize(layout, share)));

function change(next: layouts.Layout): void {
  layout = next;
  for (const [name, pane] of panes) {
    if (layout.open.includes(name)) pane.open(urlOf(name));
    else if (pane.isOpen) pane.close();
  }
  for (const side of sides) side.draw(layout);
  divider.draw(layout.share);
  stage.classList.toggle(
    'single',
    sides.some(({ root }) => root.hidden),
  );
  try {
    history.replaceState(null, '', layouts.writeLayout(layout));
  } catch {
    // A browser that is asked too often refuses for a while; the next change is remembered again.
  }
}

for (const [name, pane] of panes) pane.tab.addEventListener('click', () => actions.show(name));
const [first, second] = sides;
if (first !== undefined && second !== undefined) stage.append(first.root, divider.root, second.root);
change(layout);
prepareMenus();

addEventListener('message', ({ source, data }: MessageEvent<unknown>) => {
  if (source === null || source !== panes.get('terminal')?.window) return;
  if (typeof data !== 'object' || data === null || !('kind' in data) || !('id' in data)) return;
  if (data.kind === 'terminal-session' && typeof data.id === 'string') change({ ...layout, terminal: data.id });
});

watch({
  onServices: (services) => {
    for (const pane of panes.values()) pane.tell(standingOf(pane.surface, services));
  },
  onPorts: showPorts,
  onProblem: (words) => {
    notice.hidden = words === undefined;
    notice.textContent = words ?? '';
  },
});

void fetch('v1/sandbox')
  .then((answer) => answer.json())
  .then(({ version }: { readonly version?: string }) => (element('version', HTMLElement).textContent = version ?? ''))
  .catch(() => undefined);
