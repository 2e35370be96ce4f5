import { required } from './dom.js';
import { type Splitter, setUpSplitter } from './splitter.js';
import type { AppState } from './state.js';
import type { Store } from './store.js';

/** Where the profile is one view among the others: a phone. From 768 px on it stands beside them (layout.css). */
const NARROW = matchMedia('(max-width: 767px)');

export const isNarrow = (): boolean => NARROW.matches;

export function onNarrowChange(listener: () => void): void {
  NARROW.addEventListener('change', listener);
}

export interface Layout {
  profile: Splitter;
  problems: Splitter;
}

/** The panes: the profile beside the views, its findings below it. */
export function setUpLayout(store: Store<AppState>): Layout {
  const workspace = required('.workspace', HTMLElement);
  const pane = required('#profile-pane', HTMLElement);
  const profile = setUpSplitter({
    handle: required('#split-profile', HTMLElement),
    label: 'Width of the profile',
    pane,
    container: workspace,
    name: 'profile',
    axis: 'columns',
    usual: 0.38,
    canFoldOther: true,
  });
  const toggle = required('#problems-toggle', HTMLButtonElement);
  const problems = setUpSplitter({
    handle: required('#split-problems', HTMLElement),
    label: 'Height of the findings',
    pane: required('#problems-pane', HTMLElement),
    container: pane,
    name: 'problems',
    axis: 'rows',
    isEnd: true,
    usual: 0.3,
    onChange: (isFolded) => toggle.setAttribute('aria-expanded', String(!isFolded)),
  });
  toggle.addEventListener('click', () => problems.toggle());
  // A view that is asked for is shown, also where it was folded away.
  store.subscribe(({ view }, before) => {
    if (view !== before.view && workspace.dataset.profile === 'alone') profile.unfold();
  });
  return { profile, problems };
}
