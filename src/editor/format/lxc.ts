import { joined, linesOf } from './lines.js';

/** A policy of LXC: one blank between words. What is in the brackets of a condition stays as it is. */
export function formatLxc(text: string): string {
  return joined(
    linesOf(text).map((line) => {
      const content = line.trim();
      return content.startsWith('#')
        ? content
        : content.replace(/(#.*)|(\[[^\]]*\])|[ \t]+/g, (found) => (/^[#[]/.test(found) ? found : ' '));
    }),
  );
}
