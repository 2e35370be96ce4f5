import { EMBED } from './embed/embed-mode.js';

// What the page remembers of its looks in this browser. A browser may forbid storage: then it lasts as long as the page. An
// embedded page remembers nothing.

export function kept(key: string): string | null {
  if (EMBED) return null;
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function keep(key: string, value: string): void {
  if (EMBED) return;
  try {
    localStorage.setItem(key, value);
  } catch {
    // See above.
  }
}
