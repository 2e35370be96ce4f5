import { nearestName } from '../profile/nearest-name.js';
import { knownSyscalls } from '../syscalls/index.js';
import { quote } from '../text.js';

/** `"openatt"; did you mean openat?`: a name that was not found, and the nearest that Linux has. */
export function unknownSyscall(name: string): string {
  const nearest = nearestName(name, knownSyscalls());
  return `${quote(name)}${nearest !== undefined && nearest !== name ? `; did you mean ${nearest}?` : ''}`;
}
