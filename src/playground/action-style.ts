import { type ActionKind, STRICTEST_FIRST } from '../action.js';

/** The glyph beside an action's name, everywhere on the page: it distinguishes the action without its colour. */
export const ACTION_GLYPHS: Readonly<Record<ActionKind, string>> = {
  ALLOW: '✓',
  LOG: '≡',
  NOTIFY: '?',
  TRACE: '»',
  ERRNO: '×',
  TRAP: '!',
  KILL_THREAD: '†',
  KILL_PROCESS: '‡',
};

/** What it means, for beginners (seccomp(2)). */
export const ACTION_MEANINGS: Readonly<Record<ActionKind, string>> = {
  ALLOW: 'the call is made',
  LOG: 'the call is made, and logged',
  NOTIFY: 'a supervisor decides',
  TRACE: 'a tracer decides; without one the call fails with ENOSYS',
  ERRNO: 'the call fails with this error',
  TRAP: 'the process gets SIGSYS',
  KILL_THREAD: 'the thread is killed',
  KILL_PROCESS: 'the process is killed',
};

/** The class that gives an element its action's colour (actions.css); `mixed` is where the arguments decide. */
export function actionClass(kind: ActionKind | 'mixed'): string {
  return `action-${kind.toLowerCase().replace('_', '-')}`;
}

/** From the most permissive to the strictest: the order of groups. */
export const ACTION_ORDER: readonly ActionKind[] = [...STRICTEST_FIRST].reverse();
