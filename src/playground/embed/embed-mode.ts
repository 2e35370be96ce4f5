/** The page in a frame of another one, by `?embed` or `?embed=ORIGIN` in its address. */
export interface EmbedMode {
  /** The only page that messages are exchanged with, by its origin; undefined: none. */
  origin: string | undefined;
}

/** Undefined: the page is no embedded one. An origin that is none (`*`, `null`, a path behind it) names no page. */
export function embedModeOf(search: string): EmbedMode | undefined {
  const word = new URLSearchParams(search).get('embed');
  if (word === null) return undefined;
  const isOrigin = URL.canParse(word) && /^https?:$/.test(new URL(word).protocol) && new URL(word).origin === word;
  return { origin: isOrigin ? word : undefined };
}

/** How this page is shown. An embedded one keeps nothing in the browser, and reads nothing of what is kept there. */
export const EMBED = embedModeOf(globalThis.location?.search ?? '');
