/**
 * Matchers for vitest and jest: what a profile does with a system call. Node.js, and browsers where a runner has them.
 *
 * @packageDocumentation
 */

// Matchers

export { type MatcherResult, type SeccompAssertions, type SeccompMatchers, seccompMatchers } from './matchers.js';
export type { ArgumentValue, CallArguments, QuestionOptions, Subject } from './policy-question.js';
