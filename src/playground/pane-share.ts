// How large a pane is, as a share of what it stands in: 0 and 1 are "folded away".

/** A pane is folded away where it would be smaller than this; dragging on unfolds nothing by accident. */
const FOLD = 0.1;
/** The smallest share of either side that is shown. */
const LEAST = 0.18;
const MOST = 0.82;
const STEP = 0.02;

/** The share for a place that the pointer was dragged to. `canFoldEnd`: the other side may be folded away too. */
export function shareAt(wanted: number, canFoldEnd: boolean): number {
  if (!Number.isFinite(wanted) || wanted < FOLD) return 0;
  if (canFoldEnd && wanted > 1 - FOLD) return 1;
  return Math.min(Math.max(wanted, LEAST), MOST);
}

/** The share after a key on the splitter, as the ARIA pattern "window splitter" has them; undefined: no key of its. */
export function shareAfterKey(
  key: string,
  share: number,
  usual: number,
  axis: 'columns' | 'rows',
  canFoldEnd: boolean,
): number | undefined {
  const [less, more] = axis === 'columns' ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown'];
  const from = share === 0 ? LEAST - STEP : share === 1 ? MOST + STEP : share;
  switch (key) {
    case less:
      return share === 0 ? 0 : shareAt(Math.max(from - STEP, LEAST), canFoldEnd);
    case more:
      return share === 1 ? 1 : shareAt(Math.min(from + STEP, MOST), canFoldEnd);
    case 'Home':
      return LEAST;
    case 'End':
      return MOST;
    case 'Enter':
      return share === 0 || share === 1 ? usual : 0;
    default:
      return undefined;
  }
}

/** What was kept in this browser; the usual share where that is none. */
export function readShare(text: string | null, usual: number, canFoldEnd: boolean): number {
  const value = Number(text ?? Number.NaN);
  return Number.isFinite(value) && value >= 0 && value <= 1 ? shareAt(value, canFoldEnd) : usual;
}
