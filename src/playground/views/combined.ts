import { controlButton, element, setText } from '../dom.js';
import type { Combination, ProfileText } from '../engine/protocol.js';
import type { Session } from '../session.js';
import { segmented } from './segmented.js';

/** What is shown of two profiles: where they differ, or a profile of what both or either of them allows. */
export type Shown = 'differences' | Combination;

const CHOICES = [
  { value: 'differences', label: 'Differences' },
  { value: 'intersect', label: 'Both allow' },
  { value: 'union', label: 'Either allows' },
] as const;

/** Sentences that are listed: the first ones are enough to look at. */
const LISTED = 8;

const SOURCES = { intersect: 'intersection.json', union: 'union.json' } as const;

export interface CombinedView {
  /** The choice of what is shown. */
  readonly choice: HTMLElement;
  readonly element: HTMLElement;
  readonly shown: Shown;
  /** The two profiles; undefined where there are none to combine. */
  update(pair: readonly [ProfileText, ProfileText] | undefined): void;
}

/** The profile of what two profiles allow together: `scmp intersect` and `scmp union`. */
export function combinedView(session: Session, onChoose: () => void): CombinedView {
  let shown: Shown = 'differences';
  let pair: readonly [ProfileText, ProfileText] | undefined;
  let asked = '';
  let made = '';
  const choice = segmented<Shown>('What is shown of the two', (value) => {
    shown = value;
    onChoose();
  });
  const status = element('p', { class: 'combined-summary', attributes: { role: 'status' } });
  const text = element('pre', {
    class: 'combined-text',
    attributes: { tabindex: '0', role: 'region', 'aria-label': 'The profile of the two' },
  });
  const take = controlButton('Open it as the profile', () => {
    if (shown !== 'differences') session.open({ text: made, source: SOURCES[shown] });
  });
  const copy = controlButton('Copy', () => session.copy(made, 'The profile is in the clipboard.'));
  const actions = element('div', { class: 'view-bar' }, take, copy);
  const pane = element('div', { class: 'scroller combined' }, status, actions, text);

  function show(message: string, profile = ''): void {
    made = profile;
    setText(status, message);
    setText(text, profile);
    actions.hidden = profile === '';
    text.hidden = profile === '';
  }

  async function combine(how: Combination): Promise<void> {
    if (!pair) return show('Choose a second profile: this is the profile of what the two allow together.');
    const question = { how, before: pair[0], after: pair[1], settings: session.store.get().settings };
    const key = JSON.stringify(question);
    if (key === asked) return;
    asked = key;
    show('Working it out…');
    try {
      const answer = await session.askLong('combine', question);
      if (!answer || key !== asked) return;
      if (answer.kind === 'failed') return show(answer.message);
      const what = how === 'intersect' ? 'What both allow' : 'What either allows';
      const { text: profile, differences } = answer;
      const but = `as far as a profile can say it, and stricter where not: ${differences.slice(0, LISTED).join('; ')}`;
      show(`${what}, ${differences.length === 0 ? 'proven for every call and all its arguments' : but}`, profile);
    } catch (error) {
      asked = '';
      show(`It was cut short: ${(error as Error).message}`);
    }
  }

  return {
    choice: choice.element,
    element: pane,
    get shown() {
      return shown;
    },
    update(given) {
      pair = given;
      choice.update(CHOICES, shown);
      pane.hidden = shown === 'differences';
      if (shown !== 'differences') void combine(shown);
    },
  };
}
