import { actionBadge } from '../action-badge.js';
import { ACTION_ORDER, actionClass } from '../action-style.js';
import { element, setText } from '../dom.js';
import { entriesByCall } from '../engine/entry-places.js';
import type { ActionLabel, ArchitectureMap, CallDecision, MapCall } from '../engine/protocol.js';
import { focusOfCall, hueOf, isFocused } from '../focus.js';
import type { Session } from '../session.js';
import type { AppState } from '../state.js';
import { callDetails } from './call-details.js';
import { moveInGrid } from './grid-keys.js';
import { segmented } from './segmented.js';
import type { View } from './view.js';

/** The policy as a map: every system call of an architecture a cell, grouped by what happens to it. */
export function policyMapView(panel: HTMLElement, session: Session): View {
  const { store } = session;
  const architectures = segmented<string>('Architecture of the map', (value) => {
    const chosen = store.get().compiled?.arches.find((name) => name === value);
    store.set({ mapArchitecture: chosen });
  });
  const filter = element('input', {
    class: 'control filter',
    attributes: {
      type: 'search',
      placeholder: 'Filter calls',
      'aria-label': 'Filter calls by name or number',
      'data-find': '',
    },
    on: { input: () => applyFilter() },
  });
  const shown = element('span', { class: 'quiet', attributes: { role: 'status' } });
  const groups = element('div', { class: 'map-groups' });
  const rest = element('p', { class: 'map-rest' });
  const scroller = element('div', { class: 'scroller map-scroller' }, groups, rest);
  const details = callDetails(session);
  panel.append(element('div', { class: 'view-bar' }, architectures.element, filter, shown), scroller, details.element);

  let key = '';
  let map: ArchitectureMap | undefined;
  let calls = new Map<string, MapCall>();
  let cells: HTMLButtonElement[] = [];

  function applyFilter(): void {
    const wanted = filter.value.trim().toLowerCase();
    let count = 0;
    for (const cell of cells) {
      const call = calls.get(cell.dataset.call ?? '');
      const isHit = wanted === '' || call?.name.includes(wanted) === true || String(call?.number) === wanted;
      cell.hidden = !isHit;
      if (isHit) count++;
    }
    for (const group of groups.querySelectorAll<HTMLElement>('.map-group')) {
      group.hidden = group.querySelector('.call:not([hidden])') === null;
    }
    setText(shown, wanted === '' ? `${cells.length} calls` : `${count} of ${cells.length}`);
    const first = cells.find((cell) => !cell.hidden);
    if (first && !cells.some((cell) => !cell.hidden && cell.tabIndex === 0)) setTabStop(first);
  }

  function setTabStop(stop: HTMLButtonElement): void {
    for (const cell of cells) cell.tabIndex = cell === stop ? 0 : -1;
  }

  const callOf = (event: Event) => {
    const cell = (event.target as Element).closest<HTMLButtonElement>('.call');
    const call = cell && calls.get(cell.dataset.call ?? '');
    return cell && call ? { cell, call } : undefined;
  };
  for (const type of ['pointerover', 'focusin'] as const) {
    groups.addEventListener(type, (event) => {
      const hit = callOf(event);
      if (hit && map) details.show(hit.call, map.architecture);
      if (hit && type === 'focusin') setTabStop(hit.cell);
    });
  }
  groups.addEventListener('click', (event) => {
    const hit = callOf(event);
    const compiled = store.get().compiled;
    if (!hit || !compiled || !map) return;
    details.show(hit.call, map.architecture);
    // Beside the map its entry is shown too; on a phone that is a second step, since it takes the map's place.
    session.focusOn(focusOfCall(compiled.entries, hit.call.name, 'map'), { isShown: true });
  });
  groups.addEventListener('keydown', (event) => {
    const next = moveInGrid(
      event,
      cells.filter((cell) => !cell.hidden),
    );
    if (!next) return;
    event.preventDefault();
    next.focus();
  });

  function draw(state: Readonly<AppState>): void {
    const { compiled, mapArchitecture } = state;
    if (!compiled) {
      if (key !== 'empty') groups.replaceChildren(emptyMap(state));
      return;
    }
    const choices = compiled.arches.map((name) => ({ value: name as string, label: name }));
    const chosen = mapArchitecture ?? (compiled.arches[0] as string);
    architectures.update(choices, chosen);
    const drawn = map;
    map = compiled.map.architectures.find(({ architecture }) => architecture === chosen);
    if (!map) return;
    if (map === drawn && key !== 'empty') {
      details.refresh(calls, map.architecture);
      return;
    }
    calls = new Map(map.calls.map((call) => [call.name, call]));
    const { otherArchitectures } = compiled.map;
    const newKey = JSON.stringify([
      chosen,
      map.calls.map(({ name, actions }) => [name, actions]),
      map.otherNumbers.actions,
      otherArchitectures,
    ]);
    details.refresh(calls, map.architecture);
    if (newKey === key) return;
    key = newKey;
    const made = groupCalls(map.calls).map(({ label, calls: members }) => groupOf(label, members));
    cells = made.flatMap((group) => [...group.querySelectorAll<HTMLButtonElement>('.call')]);
    groups.replaceChildren(...made);
    rest.replaceChildren(
      'Any other number: ',
      ...badges(map.otherNumbers),
      ...otherArchitectures.flatMap((others) => [` ${others.name}: `, ...badges(others)]),
    );
    applyFilter();
    const [first] = cells;
    if (first) setTabStop(first);
  }

  /** The colours of the entries, and what is looked at. */
  function paint({ compiled, focus }: Readonly<AppState>, isRevealing: boolean): void {
    const named = entriesByCall(compiled?.entries ?? []);
    let first: HTMLElement | undefined;
    for (const cell of cells) {
      const call = cell.dataset.call ?? '';
      const entries = named.get(call) ?? [];
      const [entry] = entries;
      const isLit = isFocused(focus, { entries, calls: [call] });
      const look = `call${entry === undefined ? '' : ` entry-${hueOf(entry)}`}${isLit ? ' is-focused' : ''}`;
      if (cell.className !== look) cell.className = look;
      if (isLit) first ??= cell;
    }
    if (isRevealing && focus?.from !== 'map') first?.scrollIntoView({ block: 'nearest' });
  }

  return {
    update(state, before) {
      const { compiled, focus } = state;
      if (!before || compiled !== before.compiled || state.mapArchitecture !== before.mapArchitecture) {
        draw(state);
        paint(state, !before);
      } else if (focus !== before.focus) {
        paint(state, true);
      }
    },
  };
}

const badges = ({ actions }: Pick<CallDecision, 'actions'>) => actions.map(actionBadge);

/**
 * Calls grouped by their decision. Readers look for exceptions. So calls that arguments decide come first, then the
 * rarest decisions: the denied calls of a deny-list must not be below all the others.
 */
function groupCalls(calls: readonly MapCall[]): { label: ActionLabel | undefined; calls: readonly MapCall[] }[] {
  const groups = new Map<string, { label: ActionLabel | undefined; calls: MapCall[] }>();
  for (const call of calls) {
    const [only, ...others] = call.actions;
    const label = others.length === 0 ? only : undefined;
    const group = groups.get(label?.text ?? '') ?? { label, calls: [] };
    group.calls.push(call);
    groups.set(label?.text ?? '', group);
  }
  const rank = ({ label }: { label: ActionLabel | undefined }) => (label ? ACTION_ORDER.indexOf(label.kind) : -1);
  for (const group of groups.values()) group.calls.sort((a, b) => (a.name < b.name ? -1 : 1));
  return [...groups.values()].sort(
    (a, b) =>
      Number(a.label !== undefined) - Number(b.label !== undefined) ||
      a.calls.length - b.calls.length ||
      rank(a) - rank(b),
  );
}

function groupOf(label: ActionLabel | undefined, calls: readonly MapCall[]): HTMLElement {
  const title = label
    ? actionBadge(label)
    : element('span', { class: `badge ${actionClass('mixed')}`, text: 'the arguments decide' });
  const kind = label?.kind ?? 'mixed';
  return element(
    'section',
    { class: 'map-group', attributes: { 'aria-label': label?.text ?? 'the arguments decide' } },
    element('h2', { class: 'map-title' }, title, element('span', { class: 'quiet', text: String(calls.length) })),
    element(
      'div',
      { class: `map-cells ${actionClass(kind)}` },
      ...calls.map(({ name, actions }) =>
        element('button', {
          class: 'call',
          text: name,
          attributes: {
            type: 'button',
            tabindex: '-1',
            'data-call': name,
            'aria-label': `${name}: ${actions.map(({ text }) => text).join(' or ')}`,
          },
        }),
      ),
    ),
  );
}

function emptyMap({ errors, failure }: Readonly<AppState>): HTMLElement {
  const text =
    failure !== undefined
      ? 'Nothing can be shown: the compiler could not be started in this browser.'
      : errors.length > 0
        ? 'When the profile compiles, every system call is here, by what happens to it.'
        : 'Loading…';
  return element('p', { class: 'empty', text });
}
