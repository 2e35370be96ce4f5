import { checkOptions } from '../../options.js';
import { SourceText } from '../../profile/document/source-text.js';
import type { LoadInclude } from '../../profile/formats/include.js';
import type { LinesFormatName } from '../../profile/formats/index.js';
import { READ_OPTIONS, type ReadOptions } from '../../profile/formats/read-options.js';
import { formatFirejail } from './firejail.js';
import { formatJson } from './json.js';
import { formatKafel } from './kafel.js';
import { lineEndOf } from './lines.js';
import { formatList } from './list.js';
import { formatLxc } from './lxc.js';
import { formatMinijail } from './minijail.js';
import { formatNsjail } from './nsjail.js';
import { type Reading, readAll } from './readings.js';
import { formatSnapd } from './snapd.js';
import { formatUnit } from './unit.js';
import { formatYaml } from './yaml.js';

export type FormatTextOptions = Pick<ReadOptions, 'source' | 'format' | 'include'>;

const { source, format, include } = READ_OPTIONS;
const OPTIONS = { source, format, include };

/** The formats in which a profile is lines of their own. */
const LINES: Readonly<Record<LinesFormatName, (text: string) => string>> = {
  systemd: formatUnit,
  nspawn: formatUnit,
  lxc: formatLxc,
  snapd: formatSnapd,
  firejail: formatFirejail,
  'minijail-py': formatMinijail,
  minijail: formatMinijail,
  kafel: formatKafel,
  nsjail: formatNsjail,
  list: formatList,
};

/** Those of them whose files say other things too. */
const PARTIAL: ReadonlySet<string> = new Set<LinesFormatName>(['systemd', 'nspawn', 'firejail', 'nsjail']);

/**
 * Format the text of a profile, or its bytes in UTF-8 (docs/formats.md, "Style"): white space changes, in YAML quotes too, and comments and order
 * stay. Formatting once more changes nothing. Where a profile is a part of a file, the rest of the file stays as it is. The
 * profile is read before and after: a text that would come to mean something else is returned as it was.
 *
 * @throws {ProfileError} when the profile is invalid; it has every issue found
 * @throws {InvalidArgumentError} when there is no such option, or it does not take the value
 */
export function formatProfileText(input: string | Uint8Array, options: FormatTextOptions = {}): string {
  checkOptions('formatProfileText', options, OPTIONS);
  const text = typeof input === 'string' ? input : decoded(input, options.source);
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
  const body = text.slice(mark.length);
  const read = (of: string) => readLeniently(SourceText.decode(of, options.source), options);
  const before = read(body);
  const lineEnd = lineEndOf(body);
  const isKept = keepsLineEnds(body, before);
  const plain = isKept ? body : body.replace(/\r\n?/g, '\n');
  // Offsets of parts are of the text that is formatted.
  const written = write(plain, plain === body ? before : read(plain));
  const formatted = isKept ? written : written.replaceAll('\n', lineEnd);
  if (formatted === body) return text;
  return read(formatted).meaning === before.meaning ? mark + formatted : text;
}

/** Bytes as text, with the byte order mark. */
function decoded(bytes: Uint8Array, source: string | undefined): string {
  // It says what is wrong with bytes that are no text.
  SourceText.decode(bytes, source);
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

/** As {@link readAll}. A policy is formatted where files that it includes are not found, if it can be read without them. */
function readLeniently(text: SourceText, options: FormatTextOptions): Reading {
  const include: LoadInclude = (path, from) =>
    options.include?.(path, from) ?? { text: '', source: `${path} (not found)` };
  try {
    return readAll(text, { ...options, include });
  } catch {
    return readAll(text, options);
  }
}

/** Whether what ends the lines is not ours to change: the rest of the file has it too, in more than one way. */
function keepsLineEnds(text: string, { syntax, parts }: Reading): boolean {
  if (syntax !== 'json' && syntax !== 'yaml') return PARTIAL.has(syntax);
  return parts.some(({ isWhole }) => !isWhole) && new Set(text.match(/\r\n|\r|\n/g)).size > 1;
}

function write(text: string, { syntax, parts }: Reading): string {
  if (syntax === 'json') return formatJson(text, parts);
  return syntax === 'yaml' ? formatYaml(text, parts) : LINES[syntax](text);
}
