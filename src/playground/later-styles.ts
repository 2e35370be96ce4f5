import { element } from './dom.js';

let loaded: Promise<void> | undefined;

/** The styles that the first screen does without (styles/later.css), once. */
export function loadLaterStyles(): Promise<void> {
  loaded ??= new Promise((resolve) => {
    const href = new URL('./later.css', import.meta.url).href;
    const link = element('link', { attributes: { rel: 'stylesheet', href } });
    // What cannot be loaded is used without its looks.
    for (const type of ['load', 'error']) link.addEventListener(type, () => resolve());
    document.head.append(link);
  });
  return loaded;
}
