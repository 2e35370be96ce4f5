import type { ArchitectureName } from '../../architecture.js';
import { checkArgument, checkOptions, FUNCTION, LIST, OBJECT, type OptionTable } from '../../options.js';
import type { Endianness } from '../program/instruction.js';
import type { DisassemblyLine } from './disassemble.js';
import { isPlain } from './naming.js';

/** The parts of a listing that may be shown in colours. */
export type ListingPart = 'place' | 'fields' | 'words' | 'allow' | 'deny' | 'comment';

export interface FormatOptions {
  /** What the program is for: written first, as a directive that the assembler reads. */
  target?: { architectures: readonly ArchitectureName[]; endianness: Endianness } | undefined;
  /** Colours a part. It may add only what takes no room: columns are aligned before. */
  paint?: ((part: ListingPart, text: string) => string) | undefined;
}

const FORMAT_OPTIONS: OptionTable<FormatOptions> = { target: [OBJECT], paint: [FUNCTION] };

const COMMENT_COLUMN = { listing: 72, source: 48 };

/**
 * A disassembly as a listing, in columns that stay where they are: index, the instruction's four fields in hexadecimal,
 * words, and comments behind `#`. Ends with a newline. `assemble` reads it back to the same program.
 *
 * @throws {InvalidArgumentError} when an option is unknown
 *
 * @example
 * ```js
 * import { assemble, disassemble, formatDisassembly } from 'libseccomp-wasm/bpf';
 *
 * const filter = assemble('.arch x86_64\nA = nr\nif (A == 101) goto no\nreturn ALLOW\nno: return ERRNO(EPERM)');
 * const listing = formatDisassembly(disassemble(filter));
 * console.log(listing.split('\n')[2]); //  0000: 0x0020 0x00 0x00 0x00000000  A = nr
 * ```
 */
export function formatDisassembly(lines: readonly DisassemblyLine[], options: FormatOptions = {}): string {
  checkArgument('formatDisassembly', 'lines', lines, LIST);
  checkOptions('formatDisassembly', options, FORMAT_OPTIONS);
  const { paint = (_, text) => text } = options;
  const heads = headings(lines, paint);
  const rows = lines.flatMap((line, at) => {
    const { index, text, comment } = line;
    const place = ` ${digits(index)}:`;
    const fields = formatFields(line);
    const head = `${paint('place', place)} ${paint('fields', fields)}  ${paint(wordsPart(text), text)}`;
    const width = place.length + 1 + fields.length + 2 + text.length;
    return [...heads[at]!, head + trailing(comment, width, COMMENT_COLUMN.listing, paint)];
  });
  return [...directive(options), ' line  CODE   JT   JF   K', '='.repeat(32), ...rows, ''].join('\n');
}

/**
 * A disassembly as source for the assembler: words only, with labels at the targets of jumps. Ends with a newline.
 * `assemble` makes the same program of it, bit for bit. An instruction becomes `.insn` if a field that the machine
 * ignores is not zero.
 *
 * @throws {InvalidArgumentError} when an option is unknown
 *
 * @example
 * ```js
 * import { assemble, disassemble, formatAssembly } from 'libseccomp-wasm/bpf';
 *
 * const filter = assemble('.arch x86_64\nA = nr\nif (A == 101) goto no\nreturn ALLOW\nno: return ERRNO(EPERM)');
 * const source = formatAssembly(disassemble(filter), { target: { architectures: ['x86_64'], endianness: 'little' } });
 * console.log(source.split('\n').slice(0, 2)); // [ '.arch x86_64', '    A = nr' ]
 * console.log(assemble(source).program.length === filter.program.length); // true
 * ```
 */
export function formatAssembly(lines: readonly DisassemblyLine[], options: FormatOptions = {}): string {
  checkArgument('formatAssembly', 'lines', lines, LIST);
  checkOptions('formatAssembly', options, FORMAT_OPTIONS);
  const { paint = (_, text) => text } = options;
  const targets = new Set(lines.flatMap(({ text }) => [...text.matchAll(/goto (\d+)/g)].map(([, to]) => Number(to))));
  const heads = headings(lines, paint);
  const rows = lines.flatMap((line, at) => {
    const { index, instruction, comment } = line;
    const text = isPlain(instruction) ? line.text.replace(/goto (\d+)/g, 'goto L$1') : `.insn ${formatFields(line)}`;
    const comments = [text.startsWith('.insn') ? line.text : undefined, comment].filter((part) => part !== undefined);
    const note = comments.length > 0 ? comments.join('; ') : undefined;
    const label = targets.has(index) ? [paint('place', `L${digits(index)}:`)] : [];
    const row = `    ${paint(wordsPart(text), text)}`;
    return [...heads[at]!, ...label, row + trailing(note, 4 + text.length, COMMENT_COLUMN.source, paint)];
  });
  return [...directive(options), ...rows, ''].join('\n');
}

type Paint = NonNullable<FormatOptions['paint']>;

function directive({ target }: FormatOptions): string[] {
  if (target === undefined) return [];
  const { architectures, endianness } = target;
  return [architectures.length > 0 ? `.arch ${architectures.join(', ')}` : `.endian ${endianness}`];
}

/** By instruction: the comment that goes before it, where a section for other architectures begins. */
function headings(lines: readonly DisassemblyLine[], paint: Paint): string[][] {
  let section = 'any architecture';
  return lines.map(({ architectures, excludedArchitectures: excluded, reachable }) => {
    const others = excluded ? `any architecture but ${excluded.join(', ')}` : 'any architecture';
    const here = architectures.length > 0 ? architectures.join(', ') : others;
    if (!reachable || here === section) return [];
    section = here;
    return [paint('comment', `# ${here}`)];
  });
}

function trailing(comment: string | undefined, width: number, column: number, paint: Paint): string {
  return comment === undefined ? '' : `${' '.repeat(Math.max(0, column - width))}  ${paint('comment', `# ${comment}`)}`;
}

function wordsPart(text: string): ListingPart {
  if (!text.startsWith('return')) return 'words';
  return /^return (ALLOW|LOG)\b/.test(text) ? 'allow' : 'deny';
}

function formatFields({ instruction: { code, jt, jf, k } }: DisassemblyLine): string {
  return [hex(code, 4), hex(jt, 2), hex(jf, 2), hex(k, 8)].join(' ');
}

const hex = (value: number, width: number) => `0x${value.toString(16).padStart(width, '0')}`;
const digits = (index: number) => String(index).padStart(4, '0');
