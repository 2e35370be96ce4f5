import { readShare, shareAfterKey, shareAt } from './pane-share.js';
import { keep, kept } from './storage.js';

export interface SplitterOptions {
  /** What is dragged. */
  handle: HTMLElement;
  /** What it sizes, for screen readers. */
  label: string;
  /** The sized side. */
  pane: HTMLElement;
  /** What is divided. It gets the share as a percentage in a custom property, and `data-NAME` when a side is folded. */
  container: HTMLElement;
  name: string;
  /** `columns`: the first side is on the left; `rows`: at the top. */
  axis: 'columns' | 'rows';
  /** The sized side is the second one (the right one, the lower one). */
  isEnd?: boolean;
  usual: number;
  /** Whether the side that is not sized can be folded away too. */
  canFoldOther?: boolean;
  onChange?(isFolded: boolean): void;
}

export interface Splitter {
  /** Fold the sized side away, or show it again. */
  toggle(): void;
  /** Show both sides. */
  unfold(): void;
}

/** Two panes with a border between them that is dragged, or moved with the arrow keys; the place is remembered. */
export function setUpSplitter(options: SplitterOptions): Splitter {
  const { handle, container, name, axis, isEnd = false, usual, canFoldOther = false } = options;
  const key = `scmp-pane-${name}`;
  let share = readShare(kept(key), usual, canFoldOther);
  let unfolded = share > 0 && share < 1 ? share : usual;

  function set(next: number, isKept = true): void {
    share = next;
    if (share > 0 && share < 1) unfolded = share;
    container.style.setProperty(`--${name}`, `${(share * 100).toFixed(2)}%`);
    container.dataset[name] = share === 0 ? 'folded' : share === 1 ? 'alone' : 'open';
    handle.setAttribute('aria-valuenow', String(Math.round(share * 100)));
    if (isKept) keep(key, share.toFixed(3));
    options.onChange?.(share === 0);
  }

  handle.setAttribute('role', 'separator');
  handle.setAttribute('aria-label', options.label);
  handle.setAttribute('aria-controls', options.pane.id);
  handle.setAttribute('aria-valuemin', '0');
  handle.setAttribute('aria-valuemax', '100');
  handle.setAttribute('aria-orientation', axis === 'columns' ? 'vertical' : 'horizontal');
  handle.tabIndex = 0;
  set(share, false);

  handle.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    handle.focus();
    handle.setPointerCapture(event.pointerId);
    handle.classList.add('is-dragged');
  });
  handle.addEventListener('pointermove', (event) => {
    if (!handle.hasPointerCapture(event.pointerId)) return;
    const box = container.getBoundingClientRect();
    const at = axis === 'columns' ? (event.clientX - box.left) / box.width : (event.clientY - box.top) / box.height;
    set(shareAt(isEnd ? 1 - at : at, canFoldOther));
  });
  for (const type of ['pointerup', 'pointercancel'] as const) {
    handle.addEventListener(type, () => handle.classList.remove('is-dragged'));
  }
  handle.addEventListener('dblclick', () => set(share === 0 || share === 1 ? unfolded : usual));
  handle.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const mirrored: Readonly<Record<string, string>> = {
      ArrowLeft: 'ArrowRight',
      ArrowRight: 'ArrowLeft',
      ArrowUp: 'ArrowDown',
      ArrowDown: 'ArrowUp',
      Home: 'End',
      End: 'Home',
    };
    const pressed = isEnd ? (mirrored[event.key] ?? event.key) : event.key;
    const next = shareAfterKey(pressed, share, unfolded, axis, canFoldOther);
    if (next === undefined) return;
    event.preventDefault();
    set(next);
  });

  return {
    toggle: () => set(share === 0 ? unfolded : 0),
    unfold: () => {
      if (share === 0 || share === 1) set(unfolded);
    },
  };
}
