import { dirname, isAbsolute, join } from 'node:path';
import { ProfileError, type ProfileIssueCode } from '../profile/document/profile-error.js';
import { quote } from '../text.js';
import { type Input, noteInput, readInput } from './input.js';

// Values of --security-opt of Docker and Podman, and of security_opt in a compose file: which profile they mean.

interface Origin {
  /** Where paths begin. */
  readonly folder: string;
  /** What to call the value in messages. */
  readonly source: string;
}

/**
 * What a value means: a file, Docker's own profile for `builtin`, or the JSON in it.
 *
 * @throws {ProfileError} for `unconfined`, and for an option that is not of seccomp
 * @throws {FileError} where there is no such file
 */
export function securityOptionInput(option: string, { folder, source }: Origin): Input {
  const text = option.trim().replace(/^--security-opt[ =]/, '');
  const bare = /^(['"])(.*)\1$/s.exec(text)?.[2] ?? text;
  const value = /^seccomp[=:](.*)$/s.exec(bare)?.[1]?.trim();
  if (value === undefined) throw failure(source, 'unknown-format', `${quote(bare)} is no option of seccomp`);
  if (value === 'unconfined') {
    const message = 'seccomp=unconfined installs no filter: every call is allowed';
    throw failure(source, 'no-seccomp-section', message, 'there is no profile to read');
  }
  if (value === '') {
    throw failure(source, 'empty-input', 'seccomp= names nothing', 'write a file after it, builtin or unconfined');
  }
  if (value === 'builtin') return readInput('builtin:docker');
  if (value.startsWith('{')) {
    const bytes = new TextEncoder().encode(value);
    noteInput(source, bytes);
    return { bytes, source };
  }
  return readInput(isAbsolute(value) ? value : join(folder, value), 'file');
}

/**
 * The profile of a service of a compose file: of the one named, or of all that have one where they have the same.
 *
 * @throws {ProfileError} where no service has one, several differ, or the file is no compose file
 */
export async function composeInput(text: string, source: string, service: string | undefined): Promise<Input> {
  const { parse } = await import('yaml');
  let compose: unknown;
  try {
    // Compose files share settings by merge keys.
    compose = parse(text, { merge: true, maxAliasCount: 100 });
  } catch (error) {
    throw failure(source, 'bad-syntax', `no YAML: ${(error as Error).message.split('\n', 1)[0]}`);
  }
  const services = Object.entries(recordOf(recordOf(compose).services));
  if (service !== undefined && !services.some(([name]) => name === service)) {
    const hint = `there are ${services.map(([name]) => name).join(', ')}`;
    throw failure(source, 'unknown-document', `this compose file has no service ${quote(service)}`, hint);
  }
  const chosen = services.filter(([name]) => service === undefined || name === service);
  const options = chosen.flatMap(([name, settings]) => {
    const all = recordOf(settings).security_opt;
    // Of several of seccomp Docker takes the last.
    const last = (Array.isArray(all) ? all : []).filter((each) => /^seccomp[=:]/.test(String(each))).at(-1);
    return last === undefined ? [] : [{ name, option: String(last) }];
  });
  const [first] = options;
  if (!first) {
    const what = service === undefined ? 'the services of this compose file have' : `the service ${quote(service)} has`;
    const message = `${what} no security_opt of seccomp: the engine's own profile applies`;
    throw failure(source, 'no-seccomp-section', message, "Docker's is builtin:docker");
  }
  if (options.some(({ option }) => option !== first.option)) {
    const message = `services with different profiles: ${options.map(({ name }) => name).join(', ')}`;
    throw failure(source, 'several-documents', message, 'choose one (--document NAME)');
  }
  const input = securityOptionInput(first.option, { folder: dirname(source), source });
  return { ...input, isChosen: true };
}

const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

function failure(source: string, code: ProfileIssueCode, message: string, hint?: string): ProfileError {
  return new ProfileError('PROFILE_INVALID', [{ code, message, hint, path: '' }], source);
}
