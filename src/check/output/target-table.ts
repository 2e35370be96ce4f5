import type { TargetNote, TargetReport } from '../../compose/targets/report.js';
import { printable } from '../../text.js';

/** What a target does with a profile, as lines: what it refuses, ignores and adds, and how that is known. */
export function targetTable({ target, title, refused, ignored, added, software }: TargetReport): string[] {
  const known = software.map(({ name, version, how }) => `${name} ${version} (${how})`);
  return [
    `given to ${title} (--target ${target}):`,
    ...part('refused', refused, 'nothing'),
    ...part('ignored', ignored, 'nothing'),
    ...part('added', added, 'nothing'),
    `  known from: ${known.join(', ')}`,
  ];
}

function part(word: string, notes: readonly TargetNote[], none: string): string[] {
  if (notes.length === 0) return [`  ${word}: ${none}`];
  return [
    `  ${word}:`,
    ...notes.map(({ message, path, isWeaker }) =>
      printable(
        `    ${path === '' ? '' : `${path}: `}${message}${isWeaker ? ' (the filter is weaker than the profile)' : ''}`,
      ),
    ),
  ];
}
