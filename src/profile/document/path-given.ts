import { quote } from '../../text.js';
import { ProfileError } from './profile-error.js';

/** How a profile's file is given, for hints. */
const READ_IT = "give the file's text: readFileSync(path, 'utf8')";

/** Whether a text is the path of a file, or its URL, rather than what is in one. */
function looksLikePath(text: string): boolean {
  const line = text.trim();
  // A path could have these, and a profile on one line does.
  if (line === '' || line.length > 4096 || /[\n\r{}"]/.test(line)) return false;
  return (
    /^(?:(?:file|https?):\/\/|~?\/(?![/*])|\.{1,2}[\\/]|[A-Za-z]:[\\/])/.test(line) ||
    /^[\w.@+-]+(?:[\\/][\w.@+ -]+)+$/.test(line) ||
    /^[^\s=:][^=:]*\.(?:jsonc?|ya?ml|toml|service|socket|conf|policy|list|txt|bpf|profile)$/i.test(line)
  );
}

/** The error for a path where a profile's text is wanted; undefined for any other text. */
export function pathGivenError(text: string, source: string | undefined): ProfileError | undefined {
  if (!looksLikePath(text)) return undefined;
  const message = `${quote(text.trim())} looks like the path of a file, not like a profile`;
  return new ProfileError('PROFILE_SYNTAX', [{ code: 'path-given', message, hint: READ_IT, path: '' }], source);
}

/** The hint for a value where a profile that was read is wanted. */
export function readingHint(value: unknown): string {
  if (value instanceof URL || (typeof value === 'string' && looksLikePath(value))) {
    return `${quote(String(value))} looks like the path of a file: readProfile(readFileSync(path, 'utf8'))`;
  }
  return 'readProfile makes one of text, bytes or an object';
}
