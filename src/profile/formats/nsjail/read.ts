import { nearestName } from '../../../nearest-name.js';
import { quote } from '../../../text.js';
import { SourceText } from '../../document/source-text.js';
import type { ParsedProfile } from '../../model/parsed-profile.js';
import type { DockerSeccomp } from '../../model/schema.js';
import { includedText } from '../include.js';
import { readKafelText } from '../kafel/read.js';
import type { ReadOptions } from '../read-options.js';
import { nsjail } from './format.js';
import { type Setting, topSettings } from './settings.js';

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
export function readNsjail(text: SourceText, { include }: ReadOptions): ParsedProfile {
  const settings = topSettings(text);
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
