import { InvalidArgumentError } from './errors.js';
import { nearestName } from './nearest-name.js';
import { quote } from './text.js';

/** The kind of an option's value, where its values cannot be listed. */
interface Kind {
  says: string;
  holds: (value: unknown) => boolean;
}

const typed = (type: string, says: string): Kind => ({ says, holds: (value) => typeof value === type });

export const TEXT = typed('string', 'a string');
export const BOOLEAN = typed('boolean', 'true or false');
export const NUMBER = typed('number', 'a number');
export const FUNCTION = typed('function', 'a function');
export const LIST: Kind = { says: 'a list', holds: Array.isArray };
export const OBJECT: Kind = { says: 'an object', holds: (value) => typeof value === 'object' && value !== null };
/** By what it does: an instance of another copy of this package is one too. */
export const LIBSECCOMP: Kind = {
  says: 'what loadLibseccomp returns',
  holds: (value) =>
    typeof (value as { resolveSyscallName?: unknown } | null | undefined)?.resolveSyscallName === 'function',
};
export const ARCHITECTURE: Kind = {
  says: 'an architecture of findArchitecture',
  holds: (value) => typeof (value as { auditArch?: unknown } | null | undefined)?.auditArch === 'number',
};
export const BYTES: Kind = {
  says: 'a Uint8Array',
  holds: (value) => Object.prototype.toString.call(value) === '[object Uint8Array]',
};

/** Its items are checked where they are used. */
export const ITERABLE: Kind = {
  says: 'an iterable of Uint8Array',
  holds: (value) => typeof value === 'object' && value !== null && Symbol.iterator in value,
};

/** An object that has something of a type: what another function of this package returns. */
const having = (property: string, type: string, says: string): Kind => ({
  says,
  holds: (value) =>
    typeof value === 'object' && value !== null && typeof (value as Record<string, unknown>)[property] === type,
});
export const OBSERVATIONS = having('calls', 'function', 'Observations');
export const COMPILED_PROFILE = having('compiledRules', 'object', 'what compileWithEntries returns');
export const DIAGRAM = having('store', 'object', 'what buildDecisionDiagram returns');
/** A value that is checked where it is used, with its own message. */
export const ANYTHING: Kind = { says: 'anything', holds: () => true };

export type Allowed = string | number | boolean | Kind;

/** The values of every option that a function takes: some words and numbers, or a kind. */
export type OptionTable<Options> = { readonly [Name in keyof Options]-?: readonly Allowed[] };

/** Some properties of an object. */
export function pick<All extends object, Name extends keyof All>(
  all: All,
  names: readonly Name[],
): { [Key in Name]: All[Key] } {
  return Object.fromEntries(names.map((name) => [name, all[name]])) as { [Key in Name]: All[Key] };
}

/**
 * Check the options that a caller gave to a function. A misspelt option would otherwise be silently absent, and a
 * filter weaker than what was asked for. `undefined` is the same as absent.
 *
 * @throws {InvalidArgumentError} when an option does not exist, or does not take the value; it names the nearest one
 */
export function checkOptions<Options extends object>(
  caller: string,
  options: Options,
  table: OptionTable<Options>,
): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidArgumentError(`${caller} takes its options as an object`);
  }
  const known = Object.keys(table);
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(table, name)) {
      const nearest = nearestName(name, known);
      const hint = nearest === undefined ? `it has ${known.join(', ')}` : `did you mean ${nearest}?`;
      throw new InvalidArgumentError(`${caller} has no option ${quote(name)}; ${hint}`);
    }
    if (value !== undefined) checkValue(caller, `option ${name}`, value, table[name as keyof Options]);
  }
}

/**
 * Check an argument of a function that may be called without types.
 *
 * @throws {InvalidArgumentError} when it is none of the values or kinds
 */
export function checkArgument(caller: string, name: string, value: unknown, ...allowed: readonly Allowed[]): void {
  checkValue(caller, `argument ${name}`, value, allowed);
}

function checkValue(caller: string, what: string, value: unknown, allowed: readonly Allowed[]): void {
  if (allowed.some((each) => (typeof each === 'object' ? each.holds(value) : each === value))) return;
  const words = allowed.filter((each) => typeof each === 'string');
  const nearest = typeof value === 'string' ? nearestName(value, words) : undefined;
  const all = allowed.map((each) => (typeof each === 'object' ? each.says : JSON.stringify(each)));
  const hint = nearest === undefined ? `it takes ${all.join(', ')}` : `did you mean ${quote(nearest)}?`;
  throw new InvalidArgumentError(`${caller}: the ${what} cannot be ${shown(value)}; ${hint}`);
}

function shown(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return 'a list';
  if (value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  return typeof value === 'bigint' ? `${value}n` : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
