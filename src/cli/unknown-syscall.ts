import { nearestSyscall } from '../syscalls/nearest-syscall.js';
import { quote } from '../text.js';

/** `"openatt"; did you mean openat?`: a name that was not found, and the nearest that Linux has. */
export function unknownSyscall(name: string): string {
  const nearest = nearestSyscall(name);
  return `${quote(name)}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
}
