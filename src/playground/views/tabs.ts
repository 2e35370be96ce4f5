import { controlButton, element, required } from '../dom.js';
import { loadLaterStyles } from '../later-styles.js';
import { isNarrow, onNarrowChange } from '../layout.js';
import type { Session } from '../session.js';
import { type AppState, VIEWS, type ViewName } from '../state.js';
import { policyMapView } from './policy-map.js';
import type { View } from './view.js';

type Panel = Exclude<ViewName, 'profile'>;

type Maker = (panel: HTMLElement, session: Session) => View;

/** The map is there at once; the code of the others is loaded when they are first shown. */
const MAKERS: Readonly<Record<Panel, () => Promise<Maker>>> = {
  map: async () => policyMapView,
  program: async () => (await import('./program.js')).programView,
  simulate: async () => (await import('./simulator.js')).simulatorView,
  diff: async () => (await import('./diff.js')).diffView,
  why: async () => (await import('./why.js')).whyView,
  export: async () => (await import('./export.js')).exportView,
  options: async () => (await import('./options.js')).optionsView,
};

interface Tab {
  name: ViewName;
  button: HTMLButtonElement;
  panel: HTMLElement;
  /** Of a panel that was shown; undefined while its code is loaded. */
  view?: View | undefined;
  isLoading?: boolean;
}

function makeTab([name, label]: [ViewName, string]): Tab {
  const [tab, panel, narrow] = [`tab-${name}`, `panel-${name}`, name === 'profile' ? ' narrow-only' : ''];
  return {
    name,
    button: element('button', {
      class: `tab${narrow}`,
      text: label,
      attributes: { id: tab, type: 'button', role: 'tab', 'aria-controls': panel, 'data-label': label },
    }),
    panel: element('div', {
      class: `panel${narrow}`,
      attributes: { id: panel, role: 'tabpanel', 'aria-labelledby': tab, hidden: true },
    }),
  };
}

/** The tabs: which view is shown. A view is made when it is first shown, and updated only while it is. */
export function setUpTabs(session: Session): void {
  const { store } = session;
  const list = required('#tabs', HTMLElement);
  const tabs = (Object.entries(VIEWS) as [ViewName, string][]).map(makeTab);
  list.append(...tabs.map(({ button }) => button));
  list.parentElement?.after(...tabs.map(({ panel }) => panel));

  /** On a wide screen the profile is beside the views, and is none of them. */
  const shownOf = ({ view }: Readonly<AppState>): ViewName => (view === 'profile' && !isNarrow() ? 'map' : view);

  function select(shown: ViewName): void {
    document.body.dataset.view = shown;
    for (const tab of tabs) {
      const isSelected = tab.name === shown;
      tab.button.setAttribute('aria-selected', String(isSelected));
      tab.button.tabIndex = isSelected ? 0 : -1;
      tab.panel.hidden = !isSelected;
    }
  }

  function show(state: Readonly<AppState>, before: Readonly<AppState> | undefined): void {
    const shown = shownOf(state);
    const isNew = document.body.dataset.view !== shown || before === undefined;
    if (isNew) select(shown);
    if (shown === 'profile') return;
    const tab = tabs.find(({ name }) => name === shown)!;
    if (tab.view) tab.view.update(state, isNew ? undefined : before);
    else void load(tab, shown);
  }

  async function load(tab: Tab, name: Panel): Promise<void> {
    if (tab.isLoading) return;
    tab.isLoading = true;
    try {
      const [make] = await Promise.all([MAKERS[name](), name === 'map' ? undefined : loadLaterStyles()]);
      tab.panel.replaceChildren();
      tab.view = make(tab.panel, session);
      if (!tab.panel.hidden) tab.view.update(store.get(), undefined);
    } catch {
      const again = controlButton('Try again', () => load(tab, name));
      const text = element('p', { text: 'This view could not be loaded: is there a connection?' });
      tab.panel.replaceChildren(
        element('div', { class: 'empty view-failed', attributes: { role: 'alert' } }, text, again),
      );
    } finally {
      tab.isLoading = false;
    }
  }

  for (const { name, button } of tabs) button.addEventListener('click', () => store.set({ view: name }));
  list.addEventListener('keydown', (event) => {
    const visible = tabs.map(({ button }) => button).filter((button) => button.offsetParent !== null);
    const at = visible.indexOf(document.activeElement as HTMLButtonElement);
    const step = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: visible.length - 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = visible[(step + visible.length) % visible.length];
    next?.focus();
    next?.click();
  });
  onNarrowChange(() => show(store.get(), undefined));
  store.subscribe(show);
  show(store.get(), undefined);
}
