import { type CompiledFilter, compileProfileSync } from '../../src/compiler/index.js';
import type { RuntimeName } from '../../src/compiler/runtime.js';
import { ScmpError } from '../../src/errors.js';
import { readProfile } from '../../src/profile/index.js';
import { answersOf } from './ask.js';
import type { Shape } from './shapes.js';

/** Of Debian 12, which all that is run is linked with, and what is read is asked for. */
export const LIBSECCOMP = '2.5.4';

/** What `--runtime` makes of a profile; undefined where it refuses it. */
export function compiledFor(text: string, runtime: RuntimeName): CompiledFilter | undefined {
  try {
    const profile = readProfile(text, { notifyGuards: false });
    return compileProfileSync(profile, { arch: 'x86_64', runtime, libseccompVersion: LIBSECCOMP });
  } catch (error) {
    if (error instanceof ScmpError) return undefined;
    throw error;
  }
}

/** Answers, with the flags where a shape asks for them. */
export const withFlags = ({ askFlags }: Shape, answers: string, flags: readonly string[]): string =>
  askFlags
    ? `${answers}; flags ${flags.map((flag) => flag.replace('SECCOMP_FILTER_FLAG_', '')).join(' ') || 'none'}`
    : answers;

/** What `--runtime` answers to a shape, in the words of the tables. */
export function ourAnswer(shape: Shape, runtime: RuntimeName): string {
  const made = compiledFor(shape.text, runtime);
  return made ? withFlags(shape, answersOf(shape, made.program), made.flags) : 'refused';
}
