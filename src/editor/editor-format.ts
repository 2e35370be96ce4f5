import { parseJsonText } from '../profile/document/json-document.js';
import { ProfileError } from '../profile/document/profile-error.js';
import type { SourceDocument } from '../profile/document/source-document.js';
import { SourceText } from '../profile/document/source-text.js';
import { parseYaml } from '../profile/document/yaml.js';
import { detectFormat } from '../profile/formats/detect-format.js';
import { detectSyntax, type Syntax } from '../profile/formats/detect-syntax.js';
import { FORMATS, type FormatName, INPUT_FORMATS, type InputFormat, traitsOf } from '../profile/formats/index.js';
import { spo } from '../profile/formats/spo/format.js';

/** What an editor takes a text for, also while it is being written and does not parse. */
export interface EditorFormat {
  readonly syntax: Syntax;
  /** Undefined: JSON or YAML whose keys do not tell yet. */
  readonly format: FormatName | undefined;
}

/** Files that are called so by the programs that read them; the content tells of all others. */
const BY_NAME: readonly (readonly [RegExp, FormatName])[] = [
  [/\.nspawn$/, 'nspawn'],
  [/\.(?:service|socket|mount|swap|scope|slice)$|\.(?:service|socket|mount|swap)\.d\/[^/]*\.conf$/, 'systemd'],
  [/\.policy$/, 'minijail-py'],
  [/\.kafel$/, 'kafel'],
  [/\.list$/, 'list'],
  [/\.seccomp$/, 'lxc'],
  [/\.cfg$/, 'nsjail'],
  [/\.(?:profile|local|inc)$/, 'firejail'],
];

const isFormat = (name: string): name is InputFormat => (INPUT_FORMATS as readonly string[]).includes(name);

/** The language that an editor names, as `seccomp-kafel`: a format's name, or undefined for any other. */
export function formatOfLanguage(languageId: string): InputFormat | undefined {
  const name = languageId.replace(/^(?:scmp|seccomp)-/, '');
  return name !== languageId && isFormat(name) ? name : undefined;
}

/**
 * The format of a text: by its content where that tells, else by what the editor calls its language, and by its file's name. Never an
 * error: what is being written need not be whole.
 */
export function editorFormat(
  text: string,
  { named, fileName = '' }: { named?: InputFormat | undefined; fileName?: string | undefined } = {},
): EditorFormat {
  const syntax = syntaxOf(text, named, fileName);
  const isObject = syntax === 'json' || syntax === 'yaml';
  return { syntax, format: isObject ? keysFormat(text, syntax, named) : syntax };
}

function syntaxOf(text: string, named: InputFormat | undefined, fileName: string): Syntax {
  const byName = BY_NAME.find(([pattern]) => pattern.test(fileName))?.[1] as Syntax | undefined;
  // Nothing in a policy of minijail says which of its two compilers reads it.
  if (named !== undefined && named !== 'json' && named !== 'yaml') {
    const lines = FORMATS.find(({ id }) => id === named);
    if (lines?.syntax === 'lines') return named as Syntax;
  }
  if (/\.ya?ml$/.test(fileName) && !/^\s*[{[]/.test(text)) return 'yaml';
  const unsigned = byName ?? (named === 'yaml' ? 'yaml' : 'json');
  try {
    const found = detectSyntax(new SourceText(text, undefined));
    const hasSigns = found !== 'json' || /^\s*[{["]/.test(text);
    return hasSigns ? found : unsigned;
  } catch (error) {
    const isAmbiguous = error instanceof ProfileError && error.issues.some(({ code }) => code === 'ambiguous-format');
    return isAmbiguous ? (byName ?? 'yaml') : unsigned;
  }
}

/** The format that the keys show; where the text does not parse, by the words that only one format has. */
function keysFormat(text: string, syntax: 'json' | 'yaml', named: InputFormat | undefined): FormatName | undefined {
  const wanted = named === 'json' || named === 'yaml' ? undefined : named;
  try {
    const source = new SourceText(text, undefined);
    const document: SourceDocument | undefined = syntax === 'json' ? parseJsonText(source) : parseYaml(source)[0];
    if (document) return detectFormat(document, wanted);
  } catch {
    // it is being written
  }
  if (wanted) return wanted as FormatName;
  if (/\bkind"?\s*:\s*"?SeccompProfile\b|\bsecurity-profiles-operator\b/.test(text)) return spo.id;
  if (/"?(?:mis)?match_action"?\s*:|"?filter_action"?\s*:/.test(text)) return 'seccompiler';
  if (/"?default_action"?\s*:/.test(text)) return 'go-seccomp-bpf';
  if (/"?(?:archMap|defaultErrno|includes|excludes)"?\s*:/.test(text)) return 'docker';
  return /"?(?:defaultAction|syscalls)"?\s*:/.test(text) ? 'oci' : undefined;
}

/** The text before an offset that completion looks at: one line, of which more than this is no profile's. */
export const MAX_LINE = 4096;

/** Whether it is an object of the Security Profiles Operator, where a base is another's name. */
export const isOperators = ({ format }: Pick<EditorFormat, 'format'>): boolean =>
  format !== undefined && traitsOf({ format }).extendsAs === 'operator';

/** Whether JSON or YAML has anything of a profile: an editor sends every file of the language. */
export function looksLikeProfile(text: string, { syntax }: EditorFormat): boolean {
  if (syntax === 'systemd' || syntax === 'nspawn') return /^\s*(?:SystemCall|Restrict|MemoryDeny|\[Exec\])/m.test(text);
  if (syntax === 'nsjail') return /^\s*"?seccomp(?:_string|String|_policy_file|PolicyFile)\b/m.test(text);
  if (syntax !== 'json' && syntax !== 'yaml') return true;
  return /"?\b(?:defaultAction|default_action|mismatch_action|baseProfileName|SCMP_ACT_\w+|SeccompProfile)\b|"?extends"?\s*:[\s\S]*"?syscalls"?\s*:|"?seccomp"?\s*:\s*(?:\{|$)/m.test(
    text,
  );
}
