import { dirname, isAbsolute, join } from 'node:path';
import { parse } from 'yaml';
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

/** A service of a compose file that has a profile. */
export interface ComposeService {
  readonly name: string;
  /** What its option means, as {@link securityOptionInput} has it. */
  read(): Input;
}

/**
 * The services of a compose file that have a profile; of several with the same one the first.
 *
 * @throws {ProfileError} where it is no compose file, or has no such service
 */
function composeServices(text: string, source: string, service?: string): readonly ComposeService[] {
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
  const known = new Set<string>();
  return services.flatMap(([name, settings]): ComposeService[] => {
    const all = service === undefined || name === service ? recordOf(settings).security_opt : undefined;
    // Of several of seccomp Docker takes the last.
    const last = (Array.isArray(all) ? all : []).filter((each) => /^seccomp[=:]/.test(String(each))).at(-1);
    if (last === undefined || known.has(String(last))) return [];
    known.add(String(last));
    const read = (): Input => ({
      ...securityOptionInput(String(last), { folder: dirname(source), source }),
      isChosen: true,
    });
    return [{ name, read }];
  });
}

/** The services of a compose file that have different profiles; undefined where it is no such file. */
export function severalServices(text: string, source: string): readonly ComposeService[] | undefined {
  try {
    const services = composeServices(text, source);
    return services.length > 1 ? services : undefined;
  } catch (error) {
    if (error instanceof ProfileError) return undefined;
    throw error;
  }
}

/**
 * The profile of a service of a compose file: of the one named, or of all that have one where they have the same.
 *
 * @throws {ProfileError} where no service has one, several differ, or the file is no compose file
 */
export function composeInput(text: string, source: string, service: string | undefined): Input {
  const [first, ...others] = composeServices(text, source, service);
  if (!first) {
    const what = service === undefined ? 'the services of this compose file have' : `the service ${quote(service)} has`;
    const message = `${what} no security_opt of seccomp: the engine's own profile applies`;
    throw failure(source, 'no-seccomp-section', message, "Docker's is builtin:docker");
  }
  if (others.length > 0) {
    const message = `services with different profiles: ${[first, ...others].map(({ name }) => name).join(', ')}`;
    throw failure(source, 'several-documents', message, 'choose one (--document NAME)');
  }
  return first.read();
}

const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

function failure(source: string, code: ProfileIssueCode, message: string, hint?: string): ProfileError {
  return new ProfileError('PROFILE_INVALID', [{ code, message, hint, path: '' }], source);
}
