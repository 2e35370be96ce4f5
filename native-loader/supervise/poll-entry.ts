import { thisHost } from '../libc/host.js';

// `struct pollfd` (poll(2)) as two words: the descriptor; `events` and `revents`, 16 bits each, in this order.

export const POLLIN = 1;
export const POLLERR = 8;
export const POLLHUP = 16;
export const POLLNVAL = 32;

const EVENTS_SHIFT = thisHost.endianness === 'little' ? 0 : 16;
const RETURNED_SHIFT = 16 - EVENTS_SHIFT;

/** The words that ask for POLLIN. */
export function pollEntry(fd: number): [number, number] {
  return [fd, POLLIN << EVENTS_SHIFT];
}

/** `revents` of the second word. */
export function returnedEvents(word: number): number {
  return (word >>> RETURNED_SHIFT) & 0xffff;
}
