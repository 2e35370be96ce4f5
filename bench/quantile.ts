/** Numbers in ascending order. */
export const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);

/** The value that is not reached by so great a part of the others, from 0 to below 1. */
export const quantile = (values: readonly number[], part: number) =>
  sorted(values)[Math.floor(values.length * part)] as number;

/** The value in the middle, of two the mean. */
export function median(values: readonly number[]): number {
  const inOrder = sorted(values);
  return (inOrder[(inOrder.length - 1) >> 1]! + inOrder[inOrder.length >> 1]!) / 2;
}
