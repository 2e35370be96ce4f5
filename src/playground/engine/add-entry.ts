import { findNodeAtOffset, parseTree } from 'jsonc-parser';
import type { ParsedProfile } from '../../profile/model/parsed-profile.js';
import type { ProfileText } from './protocol.js';

/** Formats in which an addition is a line of its own, at the end. */
const LINE_FORMATS: ReadonlySet<string> = new Set(['list', 'snapd']);

/**
 * A profile's text with an addition, as `scmp why` advises it; undefined where it has no plain place in the format. What
 * it means is for the caller to compare.
 */
export function withEntry({ text }: ProfileText, parsed: ParsedProfile, addition: string): string | undefined {
  if (/^\s*\{/.test(text)) return withJsonEntry(text, parsed, addition);
  if (LINE_FORMATS.has(parsed.format)) return `${text.replace(/\n?$/, '\n')}${addition}\n`;
  if (parsed.format === 'systemd') {
    const last = [...text.matchAll(/^SystemCallFilter=.*(?:\n|$)/gm)].at(-1);
    if (!last) return undefined;
    const at = last.index + last[0].length;
    const before = text.slice(0, at).replace(/([^\n])$/, '$1\n');
    return `${before}${addition}\n${text.slice(at)}`;
  }
  return undefined;
}

/** After the last entry, laid out as it is. */
function withJsonEntry(text: string, parsed: ParsedProfile, addition: string): string | undefined {
  const { position } = parsed.locate('syscalls');
  const root = parseTree(text);
  const list = root && position && findNodeAtOffset(root, position.offset);
  const last = list?.type === 'array' ? list.children?.at(-1) : undefined;
  // Without an entry there is nothing to lay it out as.
  if (!last || list?.offset !== position?.offset) return undefined;
  const gap = /\s*$/.exec(text.slice(0, last.offset))?.[0] ?? '';
  const at = last.offset + last.length;
  return `${text.slice(0, at)},${gap}${addition}${text.slice(at)}`;
}
