import { type ActionKind, STRICTEST_FIRST } from '../action.js';

/** How an action is told from the others without its colour, everywhere on the page: a glyph beside its name. */
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

/** What it means, for who does not know it yet (seccomp(2)). */
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

/** From what lets most through to what lets least: the order of groups. */
export const ACTION_ORDER: readonly ActionKind[] = [...STRICTEST_FIRST].reverse();
