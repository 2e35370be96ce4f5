import type { Session } from '../session.js';
import type { View } from './view.js';

export function diffView(panel: HTMLElement, _session: Session): View {
  panel.textContent = '…';
  return { update() {} };
}
