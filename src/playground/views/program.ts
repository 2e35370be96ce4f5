import { element } from '../dom.js';
import { focusOfCall } from '../focus.js';
import type { Session } from '../session.js';
import { type AppState, litPath } from '../state.js';
import { instructionBar } from './instruction-bar.js';
import { createListing } from './listing.js';
import { createProgramGraph } from './program-graph.js';
import { segmented } from './segmented.js';
import type { View } from './view.js';

/** The program: as a listing with jump arrows, or as a graph. The simulated call's path is highlighted in both. */
export function programView(panel: HTMLElement, session: Session): View {
  const { store } = session;
  const forms = segmented<AppState['programForm']>('Form of the program', (programForm) => store.set({ programForm }));
  const bar = instructionBar(session);
  const showBar = (index: number) => {
    const { listing, compiled } = store.get();
    const isCurrent = listing !== undefined && listing.revision === compiled?.revision;
    bar.show(index, isCurrent ? listing.lines[index] : undefined, compiled);
  };
  const choose = (index: number) => {
    showBar(index);
    const { listing, compiled } = store.get();
    const line = listing?.lines[index];
    if (!line || !compiled || listing.revision !== compiled.revision) return;
    const [call, ...others] = line.calls;
    const isOne = call !== undefined && others.length === 0;
    const focus = isOne
      ? focusOfCall(compiled.entries, call, 'program')
      : { entries: line.entries, from: 'program' as const };
    session.focusOn(focus.entries.length === 0 ? undefined : focus, { isShown: true });
  };
  const listing = createListing({ onChoose: choose, onActive: showBar });
  const graph = createProgramGraph({ onChoose: choose });
  const find = element('input', {
    class: 'control filter',
    attributes: {
      type: 'search',
      placeholder: 'Find in listing',
      'aria-label': 'Find in listing',
      'aria-keyshortcuts': 'Control+F',
      'data-find': '',
    },
    on: {
      keydown: (event) => {
        if (event.key === 'Enter') found(listing.find(find.value, event.shiftKey));
      },
      input: () => found(listing.find(find.value, false, true)),
    },
  });
  const hits = element('span', { class: 'quiet', attributes: { role: 'status' } });
  function found(result: { at: number; of: number } | undefined): void {
    hits.textContent = find.value.trim() === '' ? '' : result ? `${result.at} of ${result.of}` : 'not found';
  }
  const toPath = element('button', {
    class: 'control',
    text: 'Go to the simulated call’s end',
    attributes: { type: 'button' },
    on: {
      click: () => {
        const last = litPath(store.get()).at(-1);
        if (last === undefined) return;
        if (store.get().programForm === 'graph') graph.reveal(last);
        else listing.reveal(last);
      },
    },
  });
  const runs = element('button', {
    class: 'control',
    text: 'Unfold',
    attributes: { type: 'button', 'aria-pressed': 'false', title: 'Show every one of the tests that are alike' },
    on: { click: () => runs.setAttribute('aria-pressed', String(graph.toggleRuns())) },
  });
  const zoom = element(
    'span',
    { class: 'zoom' },
    zoomButton('−', 'Zoom out', () => graph.zoom(1 / 1.3)),
    zoomButton('+', 'Zoom in', () => graph.zoom(1.3)),
    zoomButton('Fit', 'Fit the graph', () => graph.fit()),
    runs,
  );
  panel.append(
    element('div', { class: 'view-bar' }, forms.element, find, hits, zoom, toPath),
    listing.element,
    graph.element,
    bar.element,
  );

  return {
    update(state, before) {
      session.loadListing();
      const { programForm } = state;
      const isGraph = programForm === 'graph';
      forms.update(
        [
          { value: 'listing', label: 'Listing' },
          { value: 'graph', label: 'Graph' },
        ],
        programForm,
      );
      listing.element.hidden = isGraph;
      find.hidden = isGraph;
      hits.hidden = isGraph;
      graph.element.hidden = !isGraph;
      zoom.hidden = !isGraph;
      const path = litPath(state);
      toPath.disabled = path.length === 0;
      const isChanged =
        !before || state.listing !== before.listing || programForm !== before.programForm || path !== litPath(before);
      const shown = isGraph ? graph : listing;
      if (isChanged && state.listing) {
        // A path belongs to the listing of its own revision.
        const lit = state.listing.revision === state.compiled?.revision ? path : [];
        shown.update(state.listing.lines, lit);
      }
      if (!isChanged && state.focus === before.focus) return;
      const isElsewhere = state.focus !== undefined && state.focus.from !== 'program';
      shown.focusOn(state.focus, isElsewhere && state.focus !== before?.focus);
    },
  };
}

function zoomButton(text: string, label: string, onClick: () => void): HTMLElement {
  return element('button', {
    class: 'control',
    text,
    attributes: { type: 'button', 'aria-label': label },
    on: { click: onClick },
  });
}
