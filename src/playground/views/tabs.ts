import { required } from '../dom.js';
import type { Session } from '../session.js';
import { type AppState, VIEW_NAMES, type ViewName } from '../state.js';
import { diffView } from './diff.js';
import { exportView } from './export.js';
import { policyMapView } from './policy-map.js';
import { programView } from './program.js';
import { simulatorView } from './simulator.js';
import type { View } from './view.js';

type Panel = Exclude<ViewName, 'profile'>;

const MAKERS: Readonly<Record<Panel, (panel: HTMLElement, session: Session) => View>> = {
  map: policyMapView,
  program: programView,
  simulate: simulatorView,
  diff: diffView,
  export: exportView,
};

/** The tabs: which view is shown. A view is made when it is first shown, and updated only while it is. */
export function setUpTabs(session: Session): void {
  const { store } = session;
  const list = required('#tabs', HTMLElement);
  const tabs = [...list.querySelectorAll('button')];
  const views = new Map<ViewName, View>();
  const isNarrow = matchMedia('(max-width: 860px)');

  /** On a wide screen the profile stands beside the views, and is none of them. */
  const shownOf = ({ view }: Readonly<AppState>): ViewName => (view === 'profile' && !isNarrow.matches ? 'map' : view);

  function show(state: Readonly<AppState>, before: Readonly<AppState> | undefined): void {
    const shown = shownOf(state);
    const isNew = document.body.dataset.view !== shown || before === undefined;
    document.body.dataset.view = shown;
    for (const tab of tabs) {
      const isSelected = tab.dataset.view === shown;
      tab.setAttribute('aria-selected', String(isSelected));
      tab.tabIndex = isSelected ? 0 : -1;
      required(`#panel-${tab.dataset.view}`, HTMLElement).hidden = !isSelected;
    }
    if (shown === 'profile') return;
    let view = views.get(shown);
    if (!view) {
      view = MAKERS[shown](required(`#panel-${shown}`, HTMLElement), session);
      views.set(shown, view);
    }
    view.update(state, isNew ? undefined : before);
  }

  list.addEventListener('click', (event) => {
    const name = VIEW_NAMES.find((each) => each === (event.target as HTMLElement).dataset.view);
    if (name) store.set({ view: name });
  });
  list.addEventListener('keydown', (event) => {
    const visible = tabs.filter((tab) => tab.offsetParent !== null);
    const at = visible.indexOf(document.activeElement as HTMLButtonElement);
    const step = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: visible.length - 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = visible[(step + visible.length) % visible.length];
    next?.focus();
    next?.click();
  });
  isNarrow.addEventListener('change', () => show(store.get(), undefined));
  store.subscribe(show);
  show(store.get(), undefined);
}
