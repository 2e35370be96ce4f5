import { element } from '../dom.js';
import type { Session } from '../session.js';
import { type AppState, litPath } from '../state.js';
import { createListing } from './listing.js';
import { createProgramGraph } from './program-graph.js';
import { segmented } from './segmented.js';
import type { View } from './view.js';

/** The program: as a listing with jump arrows, or as a graph. The simulated call's path is highlighted in both. */
export function programView(panel: HTMLElement, session: Session): View {
  const { store } = session;
  const forms = segmented<AppState['programForm']>('Form of the program', (programForm) => store.set({ programForm }));
  const listing = createListing();
  const graph = createProgramGraph();
  const find = element('input', {
    class: 'control filter',
    attributes: { type: 'search', placeholder: 'Find in listing', 'aria-label': 'Find in listing' },
    on: {
      keydown: (event) => {
        if (event.key === 'Enter') listing.find(find.value, event.shiftKey);
      },
      input: () => listing.find(find.value, false, true),
    },
  });
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
  const zoom = element(
    'span',
    { class: 'zoom' },
    zoomButton('−', 'Zoom out', () => graph.zoom(1 / 1.3)),
    zoomButton('+', 'Zoom in', () => graph.zoom(1.3)),
  );
  panel.append(
    element('div', { class: 'view-bar' }, forms.element, find, toPath, zoom),
    listing.element,
    graph.element,
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
      graph.element.hidden = !isGraph;
      zoom.hidden = !isGraph;
      const path = litPath(state);
      toPath.disabled = path.length === 0;
      const isChanged =
        !before || state.listing !== before.listing || programForm !== before.programForm || path !== litPath(before);
      if (!isChanged || !state.listing) return;
      // A path belongs to the listing of its own revision.
      const lit = state.listing.revision === state.compiled?.revision ? path : [];
      (isGraph ? graph : listing).update(state.listing.lines, lit);
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
