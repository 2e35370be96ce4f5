import type { Finding, TextEdit } from './finding.js';

export interface FixedText {
  text: string;
  /** The findings that were mended. */
  fixed: readonly Finding[];
}

/**
 * Apply the mends of findings to the text they were found in. Of mends that touch one another the first is made; check
 * what comes out again, for the others.
 *
 * @param source what the text was called when it was checked: findings of other files are left alone
 */
export function applyFixes(text: string, findings: readonly Finding[], source: string): FixedText {
  const bom = text.startsWith('\uFEFF') ? 1 : 0;
  const edits: TextEdit[] = [];
  const fixed: Finding[] = [];
  for (const finding of findings) {
    const { fix } = finding;
    if (!fix?.length || finding.source !== source) continue;
    if (fix.some((edit) => edits.some((made) => touches(edit, made)))) continue;
    edits.push(...fix);
    fixed.push(finding);
  }
  edits.sort((a, b) => b.offset - a.offset);
  let mended = text;
  for (const { offset, length, text: replacement } of edits) {
    const at = offset + bom;
    mended = mended.slice(0, at) + replacement + mended.slice(at + length);
  }
  return { text: mended, fixed };
}

function touches(a: TextEdit, b: TextEdit): boolean {
  return a.offset <= b.offset + b.length && b.offset <= a.offset + a.length;
}
