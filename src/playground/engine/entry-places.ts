import type { ResolutionExplanation } from '../../profile/resolve/explain-resolution.js';

/** An entry of the profile, and where it stands in its text. Offsets are UTF-16 code units; `to` is exclusive. */
export interface EntryPlace {
  /** `syscalls[3]`, `line 7`. */
  path: string;
  line: number;
  from: number;
  to: number;
  /** The calls that it names. */
  calls: readonly string[];
  /** Whether it applies to the target. */
  applies: boolean;
}

/** The entries that stand in this text, in its order; those of a profile that it extends stand elsewhere. */
export function entryPlaces({ entries }: ResolutionExplanation, text: string, source: string): EntryPlace[] {
  const own = entries.flatMap(({ path, position, source: file, names, applies }) =>
    position && (file === undefined || file === source) ? [{ path, position, calls: names, applies }] : [],
  );
  own.sort((a, b) => a.position.offset - b.position.offset);
  // A line may be several entries, as one for each of its calls.
  const byOffset = new Map<number, (typeof own)[number]>();
  for (const entry of own) {
    const { offset } = entry.position;
    const other = byOffset.get(offset);
    const joined = other && { ...other, calls: [...other.calls, ...entry.calls] };
    byOffset.set(offset, joined ? { ...joined, applies: joined.applies || entry.applies } : entry);
  }
  const places = [...byOffset.values()];
  const ends = entryEnds(
    text,
    places.map(({ position }) => position.offset),
  );
  return places.map(({ path, position, calls, applies }, index) => ({
    path,
    line: position.line,
    from: position.offset,
    to: ends[index] as number,
    calls,
    applies,
  }));
}

/** The entries that name a call, by their index; those that apply first. */
export function entriesByCall(entries: readonly EntryPlace[]): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>();
  const add = (entry: EntryPlace, index: number) => {
    for (const call of entry.calls) {
      const known = found.get(call);
      if (known) known.push(index);
      else found.set(call, [index]);
    }
  };
  for (const applies of [true, false]) {
    entries.forEach((entry, index) => {
      if (entry.applies === applies) add(entry, index);
    });
  }
  return found;
}

/** Where entries end that begin at these offsets, ascending: at the matching brace, or with the block of lines. */
export function entryEnds(text: string, starts: readonly number[]): number[] {
  return starts.map((start, index) => {
    const next = starts[index + 1] ?? text.length;
    const end = text[start] === '{' ? afterBrace(text, start) : afterBlock(text, start);
    return Math.max(start, Math.min(end, next));
  });
}

/** After the brace that closes the one at `start`, but for those in strings. */
function afterBrace(text: string, start: number): number {
  const token = /"(?:[^"\\\n]|\\.)*"?|[{}]/g;
  token.lastIndex = start;
  let depth = 0;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    if (match[0] === '{') depth++;
    if (match[0] === '}' && --depth === 0) return token.lastIndex;
  }
  return text.length;
}

/** After the line, and the lines that belong to it: indented deeper, or as deep in an item of a YAML list. */
function afterBlock(text: string, start: number): number {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const column = start - lineStart;
  const isItem = /^\s*-\s+$/.test(text.slice(lineStart, start));
  let end = endOfLine(text, start);
  while (end < text.length) {
    const line = text.slice(end + 1, endOfLine(text, end + 1));
    const indent = line.search(/\S/);
    const isContinued = text[end - 1] === '\\';
    const isOwn = isContinued || (indent >= 0 && (isItem ? indent >= column : indent > column));
    if (!isOwn) break;
    end = end + 1 + line.length;
  }
  return end;
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}
