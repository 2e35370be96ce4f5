import { actionBadge } from '../action-badge.js';
import { ACTION_MEANINGS } from '../action-style.js';
import { element, setText } from '../dom.js';
import type { CallForm, Listing, Parameter, TypedCall } from '../engine/protocol.js';
import type { EntryVerdict } from '../engine/verdict.js';
import { entryAt, focusOfCall } from '../focus.js';
import type { Session } from '../session.js';
import { type AppState, litPath } from '../state.js';
import { ruleItem } from './call-details.js';
import type { View } from './view.js';

/** Of a long path only the beginning and the end are shown until the user asks for all. */
const PATH_HEAD = 6;
const PATH_TAIL = 14;
/** Entries about a call that are listed; real profiles have a handful. */
const LISTED_ENTRIES = 20;

/** One call, typed in by names, and its decision. */
export function simulatorView(panel: HTMLElement, session: Session): View {
  const { store } = session;
  const change = (patch: Partial<TypedCall>) => {
    store.set({ call: { ...store.get().call, ...patch } });
    session.simulate();
  };
  const architecture = element('select', {
    class: 'control',
    attributes: { id: 'call-architecture' },
    on: {
      change: () => {
        const chosen = store.get().compiled?.arches.find((name) => name === architecture.value);
        if (chosen) change({ architecture: chosen });
      },
    },
  });
  const names = element('datalist', { attributes: { id: 'call-names' } });
  const syscall = element('input', {
    class: 'control call-input',
    attributes: {
      id: 'call-name',
      list: 'call-names',
      autocomplete: 'off',
      spellcheck: 'false',
      placeholder: 'openat, or a number',
    },
    on: { input: () => change({ syscall: syscall.value.trim(), arguments: [] }) },
  });
  const fields = element('div', { class: 'arguments' });
  const verdict = element('div', { class: 'verdict', attributes: { role: 'status' } });
  const path = element('ol', { class: 'path', attributes: { tabindex: '0', 'aria-label': 'Instructions executed' } });
  const showAll = element('button', {
    class: 'link',
    attributes: { type: 'button' },
    on: {
      click: () => {
        isWhole = true;
        drawPath(store.get());
      },
    },
  });
  const show = (programForm: AppState['programForm'], text: string) =>
    element('button', {
      class: 'control',
      text,
      attributes: { type: 'button' },
      on: { click: () => store.set({ view: 'program', programForm }) },
    });
  panel.append(
    element(
      'div',
      { class: 'scroller simulator' },
      element(
        'div',
        { class: 'call-form' },
        element('label', { class: 'field' }, 'Architecture', architecture),
        element('label', { class: 'field' }, 'System call', syscall, names),
        fields,
      ),
      verdict,
      element(
        'div',
        { class: 'path-head' },
        element('h2', { class: 'path-title', text: 'Instructions executed' }),
        showAll,
      ),
      path,
      element(
        'div',
        { class: 'path-links' },
        show('listing', 'Show in the listing'),
        show('graph', 'Show in the graph'),
      ),
    ),
  );

  let formKey = '';
  let isWhole = false;
  let shownArchitecture = '';

  async function updateForm({ architecture: name, syscall: call }: TypedCall): Promise<void> {
    const key = `${name} ${call}`;
    if (key === formKey) return;
    formKey = key;
    const form = await session.ask('form', { architecture: name, syscall: call }).catch(() => undefined);
    if (!form || formKey !== key) return;
    fields.replaceChildren(
      ...argumentFields(form, store.get().call, (index, text) => {
        const typed = [...store.get().call.arguments];
        while (typed.length < index) typed.push('');
        typed[index] = text;
        change({ arguments: typed });
      }),
    );
  }

  function drawVerdict({ simulation }: Readonly<AppState>): void {
    for (const input of fields.querySelectorAll('input')) input.removeAttribute('aria-invalid');
    if (!simulation) return;
    if (simulation.kind === 'bad-call') {
      verdict.replaceChildren(element('p', { class: 'verdict-error', text: simulation.message }));
      if (simulation.argument !== undefined) {
        fields.querySelector(`[data-argument="${simulation.argument}"]`)?.setAttribute('aria-invalid', 'true');
      }
      return;
    }
    const { action, number, name, path: executed, verdict: why } = simulation;
    verdict.replaceChildren(
      actionBadge(action),
      element('span', { text: ACTION_MEANINGS[action.kind] }),
      element('span', {
        class: 'quiet',
        text: `${name ?? 'no known call'} (${number}), ${executed.length} instructions`,
      }),
      element(
        'ul',
        { class: 'verdict-entries' },
        why.otherwise !== undefined && element('li', { text: `${upper(why.otherwise)}.` }),
        ...why.entries.slice(0, LISTED_ENTRIES).map((entry) => verdictItem(entry, session)),
        why.entries.length > LISTED_ENTRIES &&
          element('li', { class: 'quiet', text: `and ${why.entries.length - LISTED_ENTRIES} more entries` }),
      ),
    );
  }

  /** What decides the call is looked at in the other views too. */
  function light({ simulation, compiled }: Readonly<AppState>): void {
    if (simulation?.kind !== 'simulated' || simulation.name === undefined || !compiled) return;
    const { name: call } = simulation;
    const deciding = simulation.verdict.entries.find(({ part }) => part === 'decides');
    const { offset } = deciding ?? {};
    const entry = offset === undefined ? undefined : entryAt(compiled.entries, offset);
    const focus = focusOfCall(compiled.entries, call, 'simulate');
    session.focusOn(entry === undefined ? focus : { ...focus, entries: [entry] });
  }

  function drawPath(state: Readonly<AppState>): void {
    const { listing, compiled } = state;
    const lit = litPath(state);
    const isCurrent = listing && listing.revision === compiled?.revision;
    if (!isCurrent || lit.length === 0) {
      path.replaceChildren();
      showAll.hidden = true;
      return;
    }
    const isShort = isWhole || lit.length <= PATH_HEAD + PATH_TAIL + 1;
    const head = isShort ? lit : lit.slice(0, PATH_HEAD);
    const tail = isShort ? [] : lit.slice(-PATH_TAIL);
    showAll.hidden = isShort;
    setText(showAll, `Show all ${lit.length}`);
    path.replaceChildren(
      ...head.map((index) => step(index, listing)),
      ...(isShort
        ? []
        : [element('li', { class: 'path-gap', text: `… ${lit.length - head.length - tail.length} more …` })]),
      ...tail.map((index) => step(index, listing)),
    );
  }

  return {
    update(state, before) {
      session.loadListing();
      const { compiled, call } = state;
      if (compiled && (!before || compiled !== before.compiled)) {
        architecture.replaceChildren(...compiled.arches.map((name) => new Option(name, name)));
      }
      architecture.value = call.architecture;
      if (syscall.value.trim() !== call.syscall) syscall.value = call.syscall;
      const map = compiled?.map.architectures.find((each) => each.architecture === call.architecture);
      if (map && shownArchitecture !== call.architecture) {
        shownArchitecture = call.architecture;
        names.replaceChildren(...map.calls.map(({ name }) => new Option(name)));
      }
      void updateForm(call);
      const isOther = !before || before.simulation !== state.simulation;
      if (isOther) {
        isWhole = false;
        drawVerdict(state);
        light(state);
      }
      if (isOther || before?.listing !== state.listing) drawPath(state);
    },
  };
}

const PARTS = {
  decides: 'decides',
  overruled: 'does not decide',
  no: 'does not match',
  dropped: 'does not apply',
} as const;

const upper = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** An entry about the call: whether it gave the answer, and if not, why. */
function verdictItem(entry: EntryVerdict, session: Session): HTMLElement {
  const { part, because, dropped: _, ...rule } = entry;
  const item = ruleItem(rule, session);
  item.classList.add('verdict-entry', `is-${part}`);
  item.prepend(element('strong', { class: 'verdict-part', text: PARTS[part] }));
  if (because !== undefined) item.append(element('span', { class: 'quiet', text: because }));
  return item;
}

function step(index: number, { lines }: Listing): HTMLElement {
  const { text = '', comment } = lines[index] ?? {};
  return element(
    'li',
    { class: 'path-step' },
    element('span', { class: 'listing-index', text: String(index).padStart(4, '0') }),
    element('span', { text }),
    comment !== undefined && element('span', { class: 'listing-comment', text: comment }),
  );
}

/** One field per argument, by its name; six where the call is not known. */
function argumentFields(
  { parameters }: CallForm,
  call: TypedCall,
  onInput: (index: number, text: string) => void,
): HTMLElement[] {
  const known: readonly Parameter[] =
    parameters ??
    Array.from({ length: 6 }, (_, index) => ({
      name: `arg${index}`,
      type: '64 bits',
      bits: 64,
      pointer: false,
      constants: [],
    }));
  if (known.length === 0) return [element('p', { class: 'quiet', text: 'It takes no arguments.' })];
  return known.map(({ name, type, bits, pointer, constants }, index) => {
    const input = element('input', {
      class: 'control call-input',
      attributes: {
        value: call.arguments[index] ?? '',
        placeholder: '0',
        autocomplete: 'off',
        spellcheck: 'false',
        'data-argument': String(index),
      },
      on: { input: () => onInput(index, input.value) },
    });
    const note = pointer
      ? 'address'
      : bits === 64
        ? '64 bits'
        : `${type}, ${bits} bits`.replace(/^(mode|int|uint), /, '');
    const field = element(
      'label',
      { class: 'field' },
      element('span', {}, name, element('span', { class: 'quiet', text: ` ${note}` })),
      input,
    );
    if (constants.length === 0) return field;
    const add = element(
      'select',
      {
        class: 'control constants',
        attributes: { 'aria-label': `Add a constant to ${name}` },
        on: {
          change: () => {
            const typed = input.value.trim();
            input.value = typed === '' || typed === '0' ? add.value : `${typed}|${add.value}`;
            add.value = '';
            onInput(index, input.value);
          },
        },
      },
      new Option('+ constant', ''),
      ...constants.map((constant) => new Option(constant, constant)),
    );
    return element('div', { class: 'field-group' }, field, add);
  });
}
