import { findNodeAtOffset, type Node, parseTree } from 'jsonc-parser';
import { preambleOf } from '../../profile/document/source-text.js';
import { INDENT } from './lines.js';
import type { ProfilePart } from './readings.js';

/** How long a line may be that has several values. */
const WIDTH = 100;
/** What is longer is not tried on one line. */
const MAX_TRIED = 400;

/**
 * JSON with two blanks a level. What its author wrote on one line stays there if it fits, the profile itself excepted; of
 * all else each member and item has its own. A profile that is a part of a file is moved in as the file is; the rest of
 * the file stays as it is.
 */
export function formatJson(text: string, parts: readonly ProfilePart[]): string {
  const preamble = preambleOf(text);
  const body = ' '.repeat(preamble.length) + text.slice(preamble.length);
  const root = parseTree(body, [], { allowTrailingComma: false })!;
  const [only] = parts;
  if (parts.length === 1 && only?.isWhole) {
    return `${preamble.trimStart()}${new Printer(body, INDENT).broken(root, '')}\n`;
  }
  const printer = new Printer(body, /\n([ \t]+)\S/.exec(body)?.[1] ?? INDENT);
  return parts.reduceRight((whole, { offset }) => {
    const node = findNodeAtOffset(root, offset)!;
    const base = /[ \t]*/y;
    base.lastIndex = body.lastIndexOf('\n', offset - 1) + 1;
    const part = printer.broken(node, base.exec(body)![0]);
    return whole.slice(0, offset) + part + whole.slice(offset + node.length);
  }, text);
}

class Printer {
  readonly #text: string;
  readonly #unit: string;

  constructor(text: string, unit: string) {
    this.#text = text;
    this.#unit = unit;
  }

  /** A value with a line for each of its members or items, which begin `indent` and one level in. */
  broken(node: Node, indent: string): string {
    const children = node.children ?? [];
    if (children.length === 0) return this.#flat(node);
    const inner = indent + this.#unit;
    const lines = children.map((child) => {
      if (child.type !== 'property') return this.#value(child, inner, 0);
      const key = `${this.#written(child.children![0]!)}: `;
      return key + this.#value(child.children![1]!, inner, key.length);
    });
    const [open, close] = node.type === 'object' ? ['{', '}'] : ['[', ']'];
    return `${open}\n${inner}${lines.join(`,\n${inner}`)}\n${indent}${close}`;
  }

  #value(node: Node, indent: string, before: number): string {
    if (node.length > MAX_TRIED || /[\r\n]/.test(this.#written(node))) return this.broken(node, indent);
    const flat = this.#flat(node);
    // A comma may follow it.
    return indent.length + before + flat.length < WIDTH ? flat : this.broken(node, indent);
  }

  #flat(node: Node): string {
    const children = (node.children ?? []).map((child) => this.#flat(child));
    switch (node.type) {
      case 'property':
        return children.join(': ');
      case 'object':
        return children.length === 0 ? '{}' : `{ ${children.join(', ')} }`;
      case 'array':
        return `[${children.join(', ')}]`;
      default:
        return this.#written(node);
    }
  }

  #written({ offset, length }: Node): string {
    return this.#text.slice(offset, offset + length);
  }
}
