import { memberOf, objectFinder } from './json-editor.js';
import { narrowingEditor, type ProfileEditor } from './profile-editor.js';

/** Edits of seccompiler's rules, whose comparisons say each how many bits they look at: 32 (`dword`) or 64. */
export function seccompilerEditor(text: string): ProfileEditor | undefined {
  const objectAt = objectFinder(text);
  if (objectAt === undefined) return undefined;
  return narrowingEditor(({ entry }, { index, parameter }) => {
    if (parameter.bits !== 32) return [];
    const comparisons = memberOf(objectAt(entry), 'args')?.children?.[1]?.children ?? [];
    return comparisons
      .filter((each) => memberOf(each, 'index')?.children?.[1]?.value === index)
      .flatMap((each) => memberOf(each, 'type')?.children?.[1] ?? [])
      .filter(({ value }) => value === 'qword')
      .map(({ offset, length }) => ({ offset, length, text: '"dword"' }));
  });
}
