import { nearestName } from '../../../nearest-name.js';
import type { Warning } from '../../../policy.js';
import { quote } from '../../../text.js';
import { parseJsonText } from '../../document/json-document.js';
import { SourceText } from '../../document/source-text.js';
import type { ParsedProfile } from '../../model/parsed-profile.js';
import type { DockerSeccomp } from '../../model/schema.js';
import { includedText } from '../include.js';
import { readKafelText } from '../kafel/read.js';
import type { ReadOptions } from '../read-options.js';
import { nsjail } from './format.js';
import { type Setting, topSettings } from './settings.js';

/** What somebody writes who means a file; no policy is one word with such signs. */
const FILE = /^\s*(?:@\S*|[\w.-]*(?:\/[\w.-]+)+)\s*$/;

/** A text that is put together from parts of another, whose places are its own. */
class EmbeddedText extends SourceText {
  readonly #whole: SourceText;
  readonly #offsets: readonly number[];

  constructor(text: string, whole: SourceText, offsets: readonly number[]) {
    super(text, whole.source);
    this.#whole = whole;
    this.#offsets = offsets;
  }

  override positionAt(offset: number) {
    const last = this.#offsets.length - 1;
    return this.#whole.positionAt(this.#offsets[Math.min(offset, last)] ?? 0);
  }
}

/** What a configuration says of seccomp; no other setting of config.proto is called much like these. */
const SETTINGS = ['seccomp_string', 'seccomp_policy_file', 'seccomp_log'];

/** Read the filter that nsjail makes of a configuration: its `seccomp_string` lines, or its `seccomp_policy_file`. */
export function readNsjail(text: SourceText, options: ReadOptions): ParsedProfile {
  // What is wrong with JSON its own parser says.
  if (/^\s*\{/.test(text.text)) parseJsonText(text);
  const { settings, brokenAt } = topSettings(text);
  const profile = readSettings(text, settings, options);
  if (brokenAt === undefined) return profile;
  const message =
    'a string over several lines: nsjail read it while it had protobuf-c, and releases since then do not start';
  const warning: Warning = { code: 'string-over-lines', message, path: '', position: text.positionAt(brokenAt) };
  return { ...profile, warnings: [...profile.warnings, warning] };
}

function readSettings(text: SourceText, settings: readonly Setting[], { include }: ReadOptions): ParsedProfile {
  for (const { name, offset } of settings) {
    const nearest = SETTINGS.includes(name) ? undefined : nearestName(name, SETTINGS);
    if (!nearest) continue;
    const message = `nsjail has no setting ${quote(name)}, and does not start`;
    throw text.fail(offset, { code: 'misspelt-key', message, hint: `did you mean ${nearest}?` });
  }
  const strings = settings.filter(({ name }) => name === 'seccomp_string');
  const file = settings.filter(({ name }) => name === 'seccomp_policy_file').at(-1);
  const log = settings.filter(({ name }) => name === 'seccomp_log').at(-1);
  const misplaced = [...strings, ...(file ? [file] : [])].find(({ isString }) => !isString);
  if (misplaced) {
    throw text.fail(misplaced.offsets[0]!, {
      code: 'wrong-type',
      message: `${misplaced.name} takes a string in quotes`,
    });
  }
  if (file && file.value !== '' && strings.length > 0) {
    const message = 'seccomp_policy_file beside seccomp_string: nsjail does not start';
    throw text.fail(file.offset, { code: 'ambiguous-format', message, hint: 'take one of them out' });
  }
  const named = strings.find(({ value }) => FILE.test(value));
  if (named) {
    const message = `seccomp_string takes a policy, not the name of a file, ${quote(named.value.trim())}`;
    throw text.fail(named.offsets[0]!, { code: 'bad-syntax', message, hint: 'a file is named by seccomp_policy_file' });
  }
  // config.proto, seccomp_log: SECCOMP_FILTER_FLAG_LOG.
  const more: Partial<DockerSeccomp> = log && isTrue(log) ? { flags: ['SECCOMP_FILTER_FLAG_LOG'] } : {};
  if (file && file.value !== '') {
    const request = { path: file.value, offset: file.offset, from: text.source, deepest: 2, load: include };
    const policy = includedText({ text }, request).text;
    return { ...readKafelText(policy, { id: nsjail.id, include, more }), source: text.source };
  }
  if (strings.length === 0) {
    throw text.fail(undefined, {
      code: 'no-seccomp-section',
      message: 'no seccomp_string and no seccomp_policy_file: nsjail installs no filter',
      hint: 'there is no profile in it to read',
    });
  }
  return readKafelText(joined(strings, text), { id: nsjail.id, include, more });
}

/** nsjail ends each string with a line end. */
function joined(strings: readonly Setting[], text: SourceText): SourceText {
  const offsets = strings.flatMap((each) => each.offsets);
  return new EmbeddedText(strings.map(({ value }) => `${value}\n`).join(''), text, offsets);
}

const isTrue = ({ value }: Setting) => ['true', 'True', 't', '1'].includes(value);
