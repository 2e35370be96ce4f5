import type { CompiledProfile } from '../compiler/compile-parsed-profile.js';
import { type CompiledFilter, loadDefaultSync } from '../compiler/compile-policy.js';
import { type ProfileInput, parseInput } from '../compiler/compile-profile.js';
import { compileWithEntries } from '../compiler/library.js';
import { proveProgram } from '../compiler/prove-decisions.js';
import { createCallDecider, isCompiledFilter } from '../explain/call-decision.js';
import { checkTarget, type DecideCallOptions } from '../explain/decide-call.js';
import { builtinProfile } from '../profile/builtin/index.js';
import { extendProfile } from '../profile/extend/extend-profile.js';

/** How a profile is compiled, and which of its architectures is asked about. `arch` is `x86_64` by default. */
export interface QuestionOptions extends DecideCallOptions {}

/** The subject of a question: a profile's text, bytes or object, or a filter that was compiled before. */
export type Subject = ProfileInput | CompiledFilter;

/** A subject that answers. */
export interface AskedSubject {
  decide: ReturnType<typeof createCallDecider>;
  /** The profile's entries; undefined of a filter that was compiled before. */
  entries: CompiledProfile | undefined;
}

// A profile is asked many times; options are few and usually one object.
const byOptions = new WeakMap<object, Map<unknown, AskedSubject>>();

/** The subject as a filter. */
export function askSubject(subject: Subject, options: QuestionOptions): AskedSubject {
  const known = byOptions.get(options) ?? new Map<unknown, AskedSubject>();
  byOptions.set(options, known);
  const before = known.get(subject);
  if (before) return before;
  const { libseccomp = loadDefaultSync() } = options;
  const entries = isCompiledFilter(subject) ? undefined : compile(subject, { ...options, libseccomp });
  if (isCompiledFilter(subject)) checkTarget(subject, options.arch);
  const filter = entries?.compiled ?? (subject as CompiledFilter);
  const asked = { decide: createCallDecider(filter, libseccomp), entries };
  // An object may change between two questions; a text cannot, nor does a filter.
  if (typeof subject === 'string' || !entries) known.set(subject, asked);
  return asked;
}

function compile(profile: ProfileInput, options: QuestionOptions): CompiledProfile {
  const { callArch: _, loadBase = builtinProfile, operator, arch = 'x86_64', ...rest } = options;
  const whole = extendProfile(parseInput(profile, options), loadBase, { operator });
  return compileWithEntries(whole, { verify: proveProgram, ...rest, arch });
}
