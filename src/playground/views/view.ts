import type { AppState } from '../state.js';

/** One way to look at the profile. Nothing is recomputed when another is chosen. */
export interface View {
  /** Called when the view is shown and at every change while it is. `before` is undefined when it is shown. */
  update(state: Readonly<AppState>, before: Readonly<AppState> | undefined): void;
}
