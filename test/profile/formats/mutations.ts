// Damage to real files. What a damage may do to the program is said for each kind, in `Mutation.kind`.

/** A text with one damage, and where it stands. */
export interface Mutation {
  text: string;
  /** What was done, in a few words. */
  what: string;
  kind: /** The text says the same: the program is the same to the byte, or the text is refused. */
    | 'neutral'
    /** A word is one that nobody knows: it says nothing, so nothing is allowed beyond the intact text. */
    | 'garbled'
    /** What is left may say something else, of the calls that the damaged place is about. */
    | 'other';
  /** The lines of the intact text that were touched, from 1; both ends belong to it. */
  before: LineRange;
  /** The lines of the damaged text that were touched. */
  after: LineRange;
}

export interface LineRange {
  from: number;
  to: number;
}

export interface Random {
  below(limit: number): number;
  of<T>(items: readonly T[]): T;
}

type Mutator = (text: string, random: Random) => Mutation | undefined;

const lineAt = (text: string, offset: number) => text.slice(0, offset).split('\n').length;

/** `text` with what stands from `from` to `to` replaced. */
function replaced(text: string, [from, to]: readonly [number, number], by: string): Omit<Mutation, 'what' | 'kind'> {
  const made = text.slice(0, from) + by + text.slice(to);
  // What stands at the end of a line and is joined with the next one touches both.
  return {
    text: made,
    before: { from: lineAt(text, from), to: lineAt(text, to) },
    after: { from: lineAt(made, from), to: lineAt(made, from + by.length) },
  };
}

const TOKEN = /[\w@$.-]+|[^\s\w]/g;
const WORD = /[A-Za-z_@][\w@.-]*/g;
/** Bytes of the languages' syntax, and some of none. */
const BYTES = [...'aZ09_-@#,;:=&|!~<>(){}[]"\'\\/*$.% \t\n\0\u00e9\ufeff\u2028'];

const spans = (text: string, pattern: RegExp) =>
  [...text.matchAll(pattern)].map(({ 0: match, index }) => [index, index + match.length] as const);

/** Lines with their ends. */
const linesOf = (text: string) => spans(text, /[^\n]*\n|[^\n]+$/g);

/** Paragraphs, and what is in brackets over several lines. */
const sectionsOf = (text: string) => [
  ...spans(text, /(?:[^\n]*\S[^\n]*\n?)+/g),
  ...spans(text, /[^\n{}]*\{[^{}]*\n[^{}]*\}[ \t]*\n?/g),
  ...spans(text, /^\[[^\]\n]*\][^\n]*\n(?:[^[\n][^\n]*\n?)*/gm),
];

/** Words that are no comment's. In kafel `#define` is none. */
const wordsOf = (text: string) =>
  spans(text, WORD).filter(
    ([at]) => !/^\s*(?:#(?!define|include)|\/\/)/.test(text.slice(text.lastIndexOf('\n', at - 1) + 1)),
  );

function on(
  what: string,
  spansOf: (text: string) => readonly (readonly [number, number])[],
  change: (part: string, random: Random, text: string) => string,
  kind: Mutation['kind'] = 'other',
): Mutator {
  return (text, random) => {
    const all = spansOf(text);
    if (all.length === 0) return undefined;
    const [from, to] = random.of(all);
    return { ...replaced(text, [from, to], change(text.slice(from, to), random, text)), what, kind };
  };
}

const anywhere = (text: string) => Array.from({ length: text.length + 1 }, (_, at) => [at, at] as const);
const bytes = (text: string) => Array.from({ length: text.length }, (_, at) => [at, at + 1] as const);

function swapped(what: string, spansOf: (text: string) => readonly (readonly [number, number])[]): Mutator {
  return (text, random) => {
    const all = spansOf(text);
    const at = random.below(all.length - 1);
    const [first, second] = [all[at], all[at + 1]];
    if (!first || !second || second[0] < first[1]) return undefined;
    const between = text.slice(first[1], second[0]);
    const by = text.slice(...second) + between + text.slice(...first);
    return { ...replaced(text, [first[0], second[1]], by), what, kind: 'other' };
  };
}

const whole = (text: string): LineRange => ({ from: 1, to: lineAt(text, text.length) });

/** As a change of all of a text, which says the same. */
function neutral(what: string, change: (text: string, random: Random) => string): Mutator {
  return (text, random) => {
    const made = change(text, random);
    return { text: made, what, kind: 'neutral', before: whole(text), after: whole(made) };
  };
}

export const MUTATORS: readonly Mutator[] = [
  on('a byte is another one', bytes, (_, random) => random.of(BYTES)),
  on('a byte was lost', bytes, () => ''),
  on('a byte came in', anywhere, (_, random) => random.of(BYTES)),
  on(
    'a token was lost',
    (text) => spans(text, TOKEN),
    () => '',
  ),
  on(
    'a token is there twice',
    (text) => spans(text, TOKEN),
    (token) => `${token} ${token}`,
  ),
  on(
    'a token is another one of the file',
    (text) => spans(text, TOKEN),
    (_, random, text) => text.slice(...random.of(spans(text, TOKEN))),
  ),
  swapped('two tokens changed places', (text) => spans(text, TOKEN)),
  on('a line was lost', linesOf, () => ''),
  on('a line is there twice', linesOf, (line) => line.replace(/\n?$/, '\n') + line),
  on(
    'a line is another one of the file',
    linesOf,
    (_, random, text) => `${text.slice(...random.of(linesOf(text))).replace(/\n?$/, '\n')}`,
  ),
  swapped('two lines changed places', linesOf),
  on(
    'a line end was lost',
    (text) => spans(text, /\n(?=.)/g),
    () => '',
  ),
  on('a section was lost', sectionsOf, () => ''),
  on('a section is there twice', sectionsOf, (section) => section.replace(/\n?$/, '\n') + section),
  swapped('two sections changed places', (text) => spans(text, /(?:[^\n]*\S[^\n]*\n?)+/g)),
  (text, random) => {
    const at = random.below(text.length);
    return { ...replaced(text, [at, text.length], ''), what: 'the file was cut off', kind: 'other' };
  },
  on('a word has letters at its end', wordsOf, (word) => `${word}zq`, 'garbled'),
  on('a word has a letter before it', wordsOf, (word) => `z${word}`, 'garbled'),
  on(
    'a word has another one inside',
    wordsOf,
    (word) => `${word.slice(0, (word.length + 1) / 2)}zq${word.slice((word.length + 1) / 2)}`,
    'garbled',
  ),
  neutral('lines end with CRLF', (text) => text.replace(/\r?\n/g, '\r\n')),
  neutral('some lines end with CRLF', (text, random) =>
    text.replace(/\r?\n/g, () => (random.below(2) === 0 ? '\r\n' : '\n')),
  ),
  neutral('it has no line end at its end', (text) => text.replace(/\n+$/, '')),
  neutral('it has empty lines at its end', (text) => `${text}\n\n`),
];
