import type { ArchitectureName } from '../../architecture.js';
import { actionBadge } from '../action-badge.js';
import { element } from '../dom.js';
import type { MapCall, RuleNote } from '../engine/protocol.js';
import type { Session } from '../session.js';

/** The strip under the map: one call, its decision, and the rules that lead to it. Its height does not change. */
export function callDetails(session: Session) {
  const { store } = session;
  const strip = element('section', { class: 'details', attributes: { 'aria-label': 'The call pointed at' } });
  let shown: string | undefined;

  function show(call: MapCall, architecture: ArchitectureName): void {
    shown = call.name;
    const map = store.get().compiled?.map;
    const rules = map?.rules[call.name] ?? [];
    const applying = rules.filter(({ dropped }) => dropped === undefined);
    // Behind socketcall and ipc the entries of other calls decide.
    const isDefault = call.actions.length === 1 && call.actions[0]?.text === map?.defaultAction.text;
    const cost = call.minSteps === call.maxSteps ? `${call.minSteps}` : `${call.minSteps} to ${call.maxSteps}`;
    strip.replaceChildren(
      element(
        'div',
        { class: 'details-head' },
        element('strong', { class: 'details-name', text: call.name }),
        element('span', { class: 'quiet', text: `${call.number} on ${architecture}` }),
        ...call.actions.map(actionBadge),
        element('span', { class: 'quiet', text: `${cost} instructions` }),
        element('button', {
          class: 'control small details-try',
          text: 'Simulate',
          attributes: { type: 'button', 'aria-label': `Simulate ${call.name}` },
          on: {
            click: () => {
              store.set({ call: { architecture, syscall: call.name, arguments: [] }, view: 'simulate' });
              session.simulate();
            },
          },
        }),
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
    );
  }

  strip.append(
    element('p', { class: 'quiet details-hint', text: 'Point at a call to see its rule; click to go there.' }),
  );
  return {
    element: strip,
    show,
    /** After a change of the profile: the same call again. */
    refresh(calls: ReadonlyMap<string, MapCall>, architecture: ArchitectureName) {
      const call = shown === undefined ? undefined : calls.get(shown);
      if (call) show(call, architecture);
    },
  };
}

function ruleItem({ path, line, column, offset, source, action, condition, dropped }: RuleNote, session: Session) {
  const place = line === undefined ? path : `${path}, ${line}:${column}`;
  return element(
    'li',
    { class: dropped === undefined ? 'rule' : 'rule is-dropped' },
    actionBadge(action),
    condition !== '' && element('code', { class: 'rule-condition', text: condition }),
    element('button', {
      class: 'link',
      text: source === undefined ? place : `${source}: ${path}`,
      attributes: { type: 'button', disabled: offset === undefined },
      on: { click: () => offset !== undefined && session.revealCompiled(offset) },
    }),
    dropped !== undefined && element('span', { class: 'quiet', text: `does not apply: ${dropped}` }),
  );
}
