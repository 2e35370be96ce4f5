import type { ProfilePart } from './profile-parts.js';
import { entriesOf, extentAt, type ProfileView, type Span, valueSpan } from './profile-view.js';

/** A part of a profile, for an outline. */
export interface ProfileSymbol extends Span {
  readonly name: string;
  readonly detail: string;
  readonly kind: 'profile' | 'default' | 'entry' | 'policy' | 'constant' | 'section' | 'base';
  /** What is selected of it. */
  readonly selection: Span;
}

const LISTED = 4;

/** The outline of a text: of each profile its default action, its base and its entries, in their order. What has others in it comes first. */
export function profileSymbols(parts: readonly [ProfilePart, ...ProfilePart[]]): ProfileSymbol[] {
  const profiles = parts.flatMap(({ name, from, to, format: { syntax }, text }): ProfileSymbol[] => {
    if (name === undefined) return [];
    const selection = valueSpan(text, from);
    // The marker of the next document is not a part of this one.
    const end = from + text.slice(from, to).replace(syntax === 'yaml' ? /\s*(?:---)?\s*$/ : /[\s,]*$/, '').length;
    return [{ name, detail: 'profile', kind: 'profile', from, to: Math.max(end, selection.to), selection }];
  });
  const symbols = [...profiles, ...declarations(parts[0]), ...parts.flatMap(symbolsOf)];
  return symbols.sort((a, b) => a.from - b.from || b.to - a.to);
}

function symbolsOf(view: ProfileView): ProfileSymbol[] {
  const { text, profile, format } = view;
  const symbols: ProfileSymbol[] = [];
  if (!profile) return symbols;
  const { seccomp, locate } = profile;
  const add = (kind: ProfileSymbol['kind'], name: string, detail: string, offset: number, to?: number) => {
    const selection = valueSpan(text, offset);
    symbols.push({ kind, name, detail, from: offset, to: Math.max(to ?? selection.to, selection.to), selection });
  };
  const defaultAt = locate('defaultAction').position;
  if (defaultAt && seccomp.defaultAction) add('default', 'default', seccomp.defaultAction, defaultAt.offset);
  const baseAt = seccomp.extends ? locate('extends').position : undefined;
  if (baseAt) add('base', 'extends', String(seccomp.extends), baseAt.offset);
  /** Entries that are written as one: a group of calls, a line with several conditions. */
  const written = new Map<number, { action: string; names: Set<string>; conditions: number }>();
  const isLines = format.syntax !== 'json' && format.syntax !== 'yaml';
  for (const { entry, index, offset } of entriesOf(view)) {
    const isNamed = entry.name !== undefined && entry.name !== '';
    for (const [at, name] of (isNamed ? [entry.name as string] : (entry.names ?? [])).entries()) {
      // Of lines an entry may have several: each name has its own.
      const own = isLines
        ? locate('syscalls', index, ...(isNamed ? ['name'] : ['names', at])).position?.offset
        : undefined;
      const place = own === undefined ? offset : lineStart(text, own);
      const same = written.get(place) ?? { action: entry.action, names: new Set<string>(), conditions: 0 };
      written.set(place, same);
      same.names.add(name);
      same.conditions += entry.args?.length ?? 0;
    }
  }
  for (const [offset, { action, names, conditions }] of written) {
    const listed = [...names].slice(0, LISTED).join(', ');
    const more = names.size > LISTED ? ` and ${names.size - LISTED} more` : '';
    const end = extentAt(text, offset, format.syntax);
    add(
      'entry',
      `${listed}${more}`,
      `${action.replace('SCMP_ACT_', '')}${conditions > 0 ? ', by arguments' : ''}`,
      offset,
      end,
    );
  }
  return symbols;
}

/** The first word of the line that an offset is in. */
function lineStart(text: string, offset: number): number {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return start + (/^[ \t]*/.exec(text.slice(start, offset))?.[0].length ?? 0);
}

/** What a text declares, also where it cannot be read as a whole: policies and constants of kafel, sections. */
function declarations({ text, format: { syntax } }: ProfileView): ProfileSymbol[] {
  const patterns: readonly (readonly [RegExp, ProfileSymbol['kind'], string])[] =
    syntax === 'kafel' || syntax === 'nsjail'
      ? [
          [/\bPOLICY[ \t]+(\w+)/g, 'policy', 'policy'],
          [/#define[ \t]+(\w+)/g, 'constant', 'constant'],
        ]
      : syntax === 'systemd' || syntax === 'nspawn' || syntax === 'lxc'
        ? [[/^(\[\w+\])/gm, 'section', 'section']]
        : [];
  return patterns.flatMap(([pattern, kind, detail]) =>
    [...text.matchAll(pattern)].map((found): ProfileSymbol => {
      const name = found[1] as string;
      const at = found.index + found[0].length - name.length;
      const to = kind === 'section' ? sectionEnd(text, at) : extentAt(text, found.index, syntax);
      return {
        name,
        detail,
        kind,
        from: found.index,
        to: Math.max(to, at + name.length),
        selection: { from: at, to: at + name.length },
      };
    }),
  );
}

/** The end of a section: the line before the next one. */
function sectionEnd(text: string, from: number): number {
  const next = text.slice(from + 1).search(/^\[\w+\]/m);
  return next < 0 ? text.length : from + 1 + next - 1;
}
