// Elements are made of data by setting properties and text: nothing on this page parses markup, so that no profile and no
// address can become any. (The policy of index.html, require-trusted-types-for, holds the browser to it.)

type Child = Node | string | undefined | false;

interface Options {
  class?: string;
  text?: string;
  /** Attributes as they are written in HTML. */
  attributes?: Readonly<Record<string, string | boolean>>;
  on?: { [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => void };
}

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  options: Options = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (options.class) made.className = options.class;
  if (options.text !== undefined) made.textContent = options.text;
  for (const [name, value] of Object.entries(options.attributes ?? {})) {
    if (value !== false) made.setAttribute(name, value === true ? '' : value);
  }
  for (const [name, listener] of Object.entries(options.on ?? {})) {
    made.addEventListener(name, listener as EventListener);
  }
  append(made, children);
  return made;
}

interface ButtonOptions {
  isSmall?: boolean;
  /** What a screen reader says, where the text alone is said of several. */
  label?: string;
  title?: string;
}

/** A button that looks as all of the page's do. */
export function controlButton(text: string, click: () => unknown, options: ButtonOptions = {}): HTMLButtonElement {
  const { isSmall = false, label, title } = options;
  return element('button', {
    class: isSmall ? 'control small' : 'control',
    text,
    attributes: { type: 'button', title: title ?? false, 'aria-label': label ?? false },
    on: { click: () => void click() },
  });
}

function append(parent: Element, children: readonly Child[]): void {
  for (const child of children) if (child !== undefined && child !== false) parent.append(child);
}

const SVG = 'http://www.w3.org/2000/svg';

export function svgElement<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number>> = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  append(made, children);
  return made;
}

/** An element of index.html. */
export function required<T extends Element>(selector: string, type: new () => T): T {
  const found = document.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`index.html has no ${selector}`);
  return found;
}

/** Set text only where it differs, so that a screen reader does not read the same twice. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}
