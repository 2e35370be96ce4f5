/** A place in a source text. Lines and columns count from 1, columns in UTF-16 code units; `offset` counts from 0. */
export interface SourcePosition {
  line: number;
  column: number;
  offset: number;
}

/** The key under which an error of any copy of this package (`.`, `/inline`, ESM, CommonJS) has its classes' names. */
const BRANDS = Symbol.for('libseccomp-wasm.errors');

/**
 * The root of every error that this package throws on purpose. `code` is stable and safe to switch on; `message` says
 * what is wrong, where, and what to do, and is for people. `instanceof` is true of errors of other copies of this
 * package too.
 *
 * @example
 * ```js
 * import { compileProfileSync, ScmpError } from 'libseccomp-wasm';
 *
 * try {
 *   compileProfileSync('{ "defaultAction": "SCMP_ACT_ALOW" }', { arch: 'x86_64', source: 'profile.json' });
 * } catch (error) {
 *   if (!(error instanceof ScmpError)) throw error;
 *   console.log(error.code); // PROFILE_INVALID
 * }
 * ```
 */
export abstract class ScmpError extends Error {
  /** The class's name, written out: bundlers rename classes. */
  static readonly brand: string = 'ScmpError';
  abstract readonly code: string;
  override readonly name: string;

  constructor(message?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.brand;
  }

  /** @internal */
  get [BRANDS](): readonly string[] {
    const names: string[] = [];
    for (let own = this.constructor as typeof ScmpError; own?.brand !== undefined; own = Object.getPrototypeOf(own)) {
      if (Object.hasOwn(own, 'brand')) names.push(own.brand);
    }
    return names;
  }

  /** @internal */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: it is each derived class's own question
    return isInstance(this, value);
  }
}

/**
 * By the names of classes, which are the same in every copy of this package. A class derived elsewhere has none and is known
 * by its prototype.
 */
function isInstance(of: typeof ScmpError, value: unknown): boolean {
  if (!Object.hasOwn(of, 'brand')) return Function.prototype[Symbol.hasInstance].call(of, value);
  const brands = typeof value === 'object' ? (value as { [BRANDS]?: unknown } | null)?.[BRANDS] : undefined;
  return Array.isArray(brands) && brands.includes(of.brand);
}

/**
 * A caller passed an argument that can never be right (a programming error, not a bad profile).
 *
 * @example
 * ```js
 * import { compileProfileSync, InvalidArgumentError } from 'libseccomp-wasm';
 *
 * try {
 *   compileProfileSync({ defaultAction: 'SCMP_ACT_ALLOW' }, { arch: 'amd46' });
 * } catch (error) {
 *   console.log(error instanceof InvalidArgumentError, error.code); // true INVALID_ARGUMENT
 * }
 * ```
 */
export class InvalidArgumentError extends ScmpError {
  static override readonly brand = 'InvalidArgumentError';
  readonly code = 'INVALID_ARGUMENT';
}

/**
 * This host cannot do what was asked: not Linux, an unknown processor, a kernel that is too old or refuses. Or koffi or
 * a file of this package is missing.
 *
 * @example
 * ```js
 * import { hostArchitecture, UnsupportedHostError } from 'libseccomp-wasm/loader';
 *
 * try {
 *   hostArchitecture({ platform: 'linux', arch: 'vax', endianness: 'little' });
 * } catch (error) {
 *   console.log(error instanceof UnsupportedHostError, error.code); // true UNSUPPORTED_HOST
 * }
 * ```
 */
export class UnsupportedHostError extends ScmpError {
  static override readonly brand = 'UnsupportedHostError';
  readonly code = 'UNSUPPORTED_HOST';
}
