/**
 * Where an arrow key leads among elements that flow in rows: left and right along the order, up and down to the nearest
 * in the next row. Undefined for other keys.
 */
export function moveInGrid<T extends HTMLElement>(event: KeyboardEvent, items: readonly T[]): T | undefined {
  if (event.altKey || event.ctrlKey || event.metaKey) return undefined;
  const at = items.indexOf(event.target as T);
  const current = items[at];
  if (!current) return undefined;
  switch (event.key) {
    case 'ArrowRight':
      return items[at + 1];
    case 'ArrowLeft':
      return items[at - 1];
    case 'Home':
      return items[0];
    case 'End':
      return items.at(-1);
    case 'ArrowDown':
      return nearest(current, items.slice(at + 1), (top, own) => top > own);
    case 'ArrowUp':
      return nearest(current, items.slice(0, at).reverse(), (top, own) => top < own);
    default:
      return undefined;
  }
}

function nearest<T extends HTMLElement>(
  current: T,
  candidates: readonly T[],
  isBeyond: (top: number, own: number) => boolean,
) {
  const { top: own, left } = current.getBoundingClientRect();
  let row: number | undefined;
  let best: { item: T; distance: number } | undefined;
  for (const item of candidates) {
    const place = item.getBoundingClientRect();
    if (!isBeyond(place.top, own)) continue;
    row ??= place.top;
    if (place.top !== row) break;
    const distance = Math.abs(place.left - left);
    if (!best || distance < best.distance) best = { item, distance };
  }
  return best?.item;
}
