import { type ArchitectureName, parseArchitecture, X32_SYSCALL_BIT } from '../architecture.js';
import type { NumberRange } from '../bpf/decisions/partition.js';
import { type Libseccomp, listSyscalls } from '../libseccomp/index.js';
import { unfilteredNotes } from '../syscalls/unfiltered-calls.js';
import { type ComparedArchitecture, type FoldedDifferences, foldDifferences } from './fold-differences.js';
import type { NamedDifference } from './name-comparison.js';
import { type ExplanationPart, type Paint, PLAIN, paintAction } from './paint.js';
import { ANY_OTHER, otherArchitecture } from './unnamed-architecture.js';
import { columns, wrapConditions, wrapWords } from './wrap.js';

export interface FormatComparisonOptions {
  /** The ABI to begin with. */
  first: ArchitectureName;
  width: number;
  paint: Paint;
  libseccomp: Libseccomp;
}

/**
 * Differences as text, a line each below its ABI; the weaker ones first. ABIs that differ alike come together, and one
 * that differs nearly as an earlier one has what is otherwise there. Empty where there are none.
 */
export function formatComparison(differences: readonly NamedDifference[], options: FormatComparisonOptions): string {
  const groups = new Map<string, NamedDifference[]>();
  for (const difference of inOrder(differences, options.first)) {
    const place = difference.architecture ?? otherPlace(difference.auditArches);
    groups.set(place, [...(groups.get(place) ?? []), difference]);
  }
  const writer = new ComparisonWriter(options);
  const sections: Section[] = [];
  for (const [place, group] of groups) {
    const compared = comparedArchitecture(group, options.libseccomp);
    const full: Section = { places: [place], compared, lines: writer.all(group), isFull: true };
    const others = sections.filter(
      ({ isFull, compared: { architecture } }) => isFull && architecture && compared.architecture,
    );
    const folds = others.map((other) => ({ other, fold: foldDifferences(compared, other.compared) }));
    const alike = folds.find(({ fold }) => isAlike(fold));
    if (alike) {
      alike.other.places.push(place);
      continue;
    }
    const folded = folds.map(({ other, fold }): Section => {
      const as = other.compared.architecture as ArchitectureName;
      return { ...full, lines: writer.folded(place, as, fold), isFull: false };
    });
    sections.push(folded.reduce((one, other) => (sizeOf(other) < sizeOf(one) ? other : one), full));
  }
  return sections
    .flatMap(({ places, lines, isFull }) => [
      ...(isFull
        ? wrapWords(writer.heading(`on ${joinNames(places)}:`).split(' '), {
            width: options.width,
            first: '',
            next: '  ',
          })
        : []),
      ...lines,
    ])
    .map((line) => `${line}\n`)
    .join('');
}

/** What is written below one heading, for one ABI or several. */
interface Section {
  places: string[];
  compared: ComparedArchitecture;
  lines: string[];
  isFull: boolean;
}

const sizeOf = ({ lines }: Section) => lines.join('\n').length;

function isAlike({ differing, unchanged, lowHalves, own }: FoldedDifferences): boolean {
  return differing.length + unchanged.length + lowHalves.length + own.length === 0;
}

/** `x86_64, x32 and x86` */
export const joinNames = (names: readonly string[]): string =>
  [names.slice(0, -1).join(', '), names.at(-1)].filter(Boolean).join(' and ');

/** The ABI that is asked for first, then those that share its AUDIT_ARCH. */
export function inOrder(differences: readonly NamedDifference[], first: ArchitectureName): NamedDifference[] {
  const rank = ({ architecture }: NamedDifference) => rankOf(architecture, first);
  return [...differences].sort((one, other) => rank(one) - rank(other));
}

/** The place of an ABI in that order. */
export function rankOf(architecture: ArchitectureName | undefined, first: ArchitectureName): number {
  if (architecture === undefined) return 3;
  if (architecture === first) return 0;
  return parseArchitecture(architecture).auditArch === parseArchitecture(first).auditArch ? 1 : 2;
}

function comparedArchitecture(differences: readonly NamedDifference[], libseccomp: Libseccomp): ComparedArchitecture {
  const name = differences[0]?.architecture;
  const architecture = name && parseArchitecture(name);
  const known = architecture ? listSyscalls(libseccomp, architecture) : [];
  const names = new Set(known.map((call) => call.name));
  // x32 has the numbers with bit 30 and without bit 31, and x86_64 the others.
  const all = name === 'x32' ? X32_SYSCALL_BIT : name === 'x86_64' ? 2 ** 32 - X32_SYSCALL_BIT : 2 ** 32;
  const unnamed = all - new Set(known.map(({ number }) => number)).size;
  return {
    architecture: name,
    differences,
    names,
    coversUnnamed: ({ numbers }) => numbers.reduce((sum, { from, to }) => sum + to - from + 1, 0) === unnamed,
  };
}

/** Writes differences below each other. */
class ComparisonWriter {
  constructor(readonly options: FormatComparisonOptions) {}

  heading(text: string): string {
    return this.options.paint('heading', text);
  }

  all(differences: readonly NamedDifference[]): string[] {
    const order = ['weaker', 'stronger', 'other'];
    const sorted = [...differences].sort((a, b) => order.indexOf(a.direction) - order.indexOf(b.direction));
    const notes = [...new Set(differences.flatMap(unfilteredAmong))];
    return [...sorted.flatMap((each) => this.#difference(each)), ...notes.flatMap((note) => this.#below(note))];
  }

  folded(place: string, as: ArchitectureName, { differing, unchanged, lowHalves, own }: FoldedDifferences): string[] {
    const but = [
      ...this.all(differing),
      ...(unchanged.length > 0 ? this.#line('', 'other', `not so: ${unchanged.join(', ')}`) : []),
      ...(lowHalves.length > 0
        ? this.#line('', 'other', `by the low 32 bits of the arguments alone: ${lowHalves.join(', ')}`)
        : []),
    ];
    return [
      this.heading(`on ${place}: as on ${as}${but.length > 0 ? ', but for' : ''}`),
      ...but,
      ...(own.length > 0 ? [this.heading(`on ${place}: calls that ${as} lacks`), ...this.all(own)] : []),
    ];
  }

  #difference(difference: NamedDifference): string[] {
    const { width, paint, libseccomp } = this.options;
    const { direction, syscalls, numbers, when } = difference;
    const whole = formatDifference(difference, paint, (each) =>
      comparedArchitecture([each], libseccomp).coversUnnamed(each),
    );
    if (when !== undefined || HEAD.length + columns(whole) <= width || syscalls.length < 2) {
      return this.#line(direction, direction, whole);
    }
    const [change = '', unnamed] = [changeWords(difference, paint), numbers.length > 0];
    const count = `${syscalls.length} calls${unnamed ? `, ${unnamedWords(difference, comparedArchitecture([difference], libseccomp).coversUnnamed(difference))}` : ''}`;
    return [
      ...this.#line(direction, direction, `${change} (${count}):`),
      ...wrapWords([...syscalls].sort(), { width, first: `${HEAD}  ` }),
    ];
  }

  #line(label: string, part: ExplanationPart, text: string): string[] {
    const { width, paint } = this.options;
    const [first = '', ...more] = wrapConditions(text, { width, first: HEAD, next: `${HEAD}  ` });
    const head = `  ${label === '' ? ''.padEnd(8) : paint(part, label) + ' '.repeat(8 - label.length)}  `;
    return [head + first.slice(HEAD.length), ...more];
  }

  #below(note: string): string[] {
    return wrapWords(note.split(' '), { width: this.options.width, first: HEAD, next: `${HEAD}  ` });
  }
}

/** The room of a direction in front of a difference. */
const HEAD = ' '.repeat(12);

/** Notes on calls of a difference for which the kernel asks no filter. */
export function unfilteredAmong({ architecture, syscalls, numbers }: NamedDifference): string[] {
  return unfilteredNotes(
    architecture,
    ({ name, number }) => syscalls.includes(name) || numbers.some(({ from, to }) => from <= number && number <= to),
  );
}

/** One difference: `socket when domain == AF_VSOCK: ALLOW → ERRNO(EPERM)`. */
export function formatDifference(
  difference: NamedDifference,
  paint: Paint = PLAIN,
  coversUnnamed: (difference: NamedDifference) => boolean = () => false,
): string {
  const { syscalls, numbers, when } = difference;
  const unnamed =
    numbers.length > 0
      ? `${syscalls.length > 0 ? 'and ' : ''}${unnamedWords(difference, coversUnnamed(difference))}`
      : '';
  const subject = [syscalls.join(', '), unnamed].filter((part) => part !== '').join(' ');
  const condition =
    when === undefined
      ? ''
      : ` when ${when ?? `its arguments are one of many kinds, as in ${formatExample(difference)}`}`;
  return `${subject}${condition}: ${changeWords(difference, paint)}`;
}

/** `ALLOW → ERRNO(EPERM)` */
function changeWords({ from, to, architecture }: NamedDifference, paint: Paint): string {
  return `${paintAction(from, architecture, paint)} → ${paintAction(to, architecture, paint)}`;
}

function unnamedWords({ architecture, numbers }: NamedDifference, isAll: boolean): string {
  if (!isAll) return `the nameless ${formatRanges(numbers)}`;
  return architecture === undefined ? 'every call' : 'every number without a name';
}

/** The call that shows a difference, its arguments as far as they are not 0. */
function formatExample({ example: { nr, args }, syscalls }: NamedDifference): string {
  const used = args.reduce((count, value, index) => (value === 0n ? count : index + 1), 0);
  const values = args.slice(0, used).map((value) => `0x${value.toString(16)}`);
  return `${syscalls[0] ?? nr}(${values.join(', ')})`;
}

/** Of most values their ranges too: an architecture that is treated alike by both is not among them. */
function otherPlace(auditArches: readonly NumberRange[]): string {
  const words = otherArchitecture(auditArches);
  return words === ANY_OTHER ? `${words} (${formatRanges(auditArches)})` : words;
}

/** Numbers as people write them: small ones decimal. */
function formatRanges(ranges: readonly NumberRange[]): string {
  const text = (value: number) => (value > 0xffff ? `0x${value.toString(16)}` : `${value}`);
  return ranges.map(({ from, to }) => (from === to ? text(from) : `${text(from)}-${text(to)}`)).join(', ');
}
