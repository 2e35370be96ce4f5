import { element, required } from '../dom.js';
import { isNarrow } from '../layout.js';

interface Step {
  /** What is pointed at. On a phone the tab is shown that has it. */
  target: string;
  tab?: string;
  title: string;
  text: string;
}

const TOUR: readonly Step[] = [
  {
    target: '#profile-pane',
    tab: '#tab-profile',
    title: 'The profile',
    text: 'Type, paste or drop one: OCI, Docker, Kubernetes, systemd and more. It is compiled at every keystroke; what is wrong is underlined, and listed below with its fix.',
  },
  {
    target: '#settings',
    title: 'The target',
    text: 'Architecture, kernel and capabilities decide which entries apply. Change one and see what becomes of the calls.',
  },
  {
    target: '#panel-map',
    tab: '#tab-map',
    title: 'The map',
    text: 'Every system call, by what happens to it. Point at one for its rules, click it to go to its entry. The line under it has the entry’s colour.',
  },
  {
    target: '#panel-program',
    tab: '#tab-program',
    title: 'The program',
    text: 'What the kernel runs, as a listing or a graph. Put the caret into an entry, and its instructions light up; click one, and its entry does.',
  },
  {
    target: '#panel-simulate',
    tab: '#tab-simulate',
    title: 'One call',
    text: 'Type a call with its arguments. The verdict names the entry that decides, and says why the others do not. Diff and Export are beside it.',
  },
];

/** Five steps over the page itself, each beside what it is about. */
export function startTour(): void {
  let at = 0;
  const title = element('h2', { class: 'tour-title', attributes: { id: 'tour-title' } });
  const text = element('p', { attributes: { id: 'tour-text' } });
  const count = element('span', { class: 'quiet' });
  const button = (label: string, onClick: () => void, isPrimary = false) =>
    element('button', {
      class: isPrimary ? 'control primary' : 'control',
      text: label,
      attributes: { type: 'button' },
      on: { click: onClick },
    });
  const back = button('Back', () => show(at - 1));
  const next = button('Next', () => (at === TOUR.length - 1 ? end() : show(at + 1)), true);
  const card = element(
    'dialog',
    { class: 'tour', attributes: { 'aria-labelledby': 'tour-title', 'aria-describedby': 'tour-text' } },
    title,
    text,
    element('div', { class: 'tour-buttons' }, count, button('End', end), back, next),
  );
  card.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') end();
  });

  function end(): void {
    document.querySelector('.is-toured')?.classList.remove('is-toured');
    card.remove();
    required('#help', HTMLButtonElement).focus();
  }

  function show(index: number): void {
    at = index;
    const step = TOUR[at] as Step;
    document.querySelector('.is-toured')?.classList.remove('is-toured');
    if (step.tab && (isNarrow() || step.tab !== '#tab-profile')) required(step.tab, HTMLButtonElement).click();
    document.querySelector(step.target)?.classList.add('is-toured');
    // On the other side of what is pointed at.
    card.classList.toggle('is-left', at >= 2);
    title.textContent = step.title;
    text.textContent = step.text;
    count.textContent = `${at + 1} of ${TOUR.length}`;
    back.disabled = at === 0;
    next.textContent = at === TOUR.length - 1 ? 'Done' : 'Next';
    next.focus();
  }

  document.body.append(card);
  card.show();
  show(0);
}
