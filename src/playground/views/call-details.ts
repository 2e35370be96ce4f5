import type { ArchitectureName } from '../../architecture.js';
import type { RuleNote } from '../../editor/rule-notes.js';
import { actionBadge } from '../action-badge.js';
import { element } from '../dom.js';
import type { MapCall } from '../engine/protocol.js';
import { isNarrow } from '../layout.js';
import type { Session } from '../session.js';
import { callPictureElement } from './call-picture.js';

/**
 * The pane under the map: one call, its decision, and the rules that lead to it. It is one line until a call is pointed
 * at or chosen, and keeps its height from then on. To go to the profile is a second step, so that a tap on a phone only
 * shows.
 */
export function callDetails(session: Session) {
  const { store } = session;
  const pane = element('section', {
    class: 'details',
    attributes: { id: 'call-details', 'aria-label': 'The call pointed at' },
  });
  const picture = element('div', { class: 'details-picture' });
  let pictureKey = '';
  let shown: string | undefined;

  function close(): void {
    shown = undefined;
    pane.classList.remove('is-open');
    const how = isNarrow() ? 'Tap a call to see its rules.' : 'Point at a call to see its rules; click to go there.';
    pane.replaceChildren(element('p', { class: 'quiet details-hint', text: how }));
  }

  function show(call: MapCall, architecture: ArchitectureName): void {
    shown = call.name;
    const map = store.get().compiled?.map;
    const rules = map?.rules[call.name] ?? [];
    const applying = rules.filter(({ dropped }) => dropped === undefined);
    // Behind socketcall and ipc the entries of other calls decide.
    const isDefault = call.actions.length === 1 && call.actions[0]?.text === map?.defaultAction.text;
    const cost = call.minSteps === call.maxSteps ? `${call.minSteps}` : `${call.minSteps} to ${call.maxSteps}`;
    const place = rules.find(({ offset }) => offset !== undefined)?.offset;
    pane.classList.add('is-open');
    pane.replaceChildren(
      element(
        'div',
        { class: 'details-head' },
        element('strong', { class: 'details-name', text: call.name }),
        element('span', { class: 'quiet', text: `number ${call.number}` }),
        ...call.actions.map(actionBadge),
        element('span', { class: 'quiet', text: `${cost} instructions` }),
        element(
          'span',
          { class: 'details-buttons' },
          place !== undefined &&
            button('Profile', `Show ${call.name} in the profile`, () => session.revealCompiled(place)),
          button('Simulate', `Simulate ${call.name}`, () => {
            store.set({ call: { architecture, syscall: call.name, arguments: [] }, view: 'simulate' });
            session.simulate();
          }),
          button('×', 'Close the details', close),
        ),
      ),
      element(
        'ul',
        { class: 'details-rules' },
        applying.length === 0 &&
          element('li', {
            class: 'quiet',
            text: `No entry that applies names it${isDefault ? ': the default decides' : ''}.`,
          }),
        ...rules.map((rule) => ruleItem(rule, session)),
      ),
      picture,
    );
    if (call.actions.length > 1) void drawPicture(call.name, architecture);
    else {
      pictureKey = '';
      picture.replaceChildren();
    }
  }

  /** Where arguments decide, how. */
  async function drawPicture(name: string, architecture: ArchitectureName): Promise<void> {
    const { compiled } = store.get();
    const key = `${name} ${architecture} ${compiled?.revision}`;
    if (key === pictureKey) return;
    pictureKey = key;
    picture.replaceChildren();
    // On its own worker request, so that pointing at many calls asks only for the last.
    const found = await session.ask('picture', { architecture, syscall: name }).catch(() => undefined);
    if (pictureKey !== key) return;
    if (found) picture.replaceChildren(callPictureElement(name, found));
    else pictureKey = '';
  }

  close();
  return {
    element: pane,
    show,
    /** After a change of the profile: the same call again. */
    refresh(calls: ReadonlyMap<string, MapCall>, architecture: ArchitectureName) {
      const call = shown === undefined ? undefined : calls.get(shown);
      if (call) show(call, architecture);
    },
  };
}

function button(text: string, label: string, onClick: () => void): HTMLElement {
  return element('button', {
    class: 'control small',
    text,
    attributes: { type: 'button', 'aria-label': label },
    on: { click: onClick },
  });
}

/** A rule about a call: its action, its condition, where it is written, and why it does not apply. */
export function ruleItem(rule: RuleNote, session: Session): HTMLElement {
  const { path, line, column, offset, source, action, condition, dropped } = rule;
  const place = line === undefined ? path : `${path}, ${line}:${column}`;
  return element(
    'li',
    { class: dropped === undefined ? 'rule' : 'rule is-dropped' },
    actionBadge(action),
    condition !== '' && conditionWords(condition),
    element('button', {
      class: 'link',
      text: source === undefined ? place : `${source}: ${path}`,
      attributes: { type: 'button', disabled: offset === undefined },
      on: { click: () => offset !== undefined && session.revealCompiled(offset) },
    }),
    dropped !== undefined && element('span', { class: 'quiet', text: `does not apply: ${dropped}` }),
  );
}

/** A condition that may be broken after the bars between the names of flags, and not within a name. */
function conditionWords(condition: string): HTMLElement {
  const parts = condition.split(/(?<=\|)/).flatMap((part) => [element('wbr'), part]);
  return element('code', { class: 'rule-condition' }, ...parts.slice(1));
}
