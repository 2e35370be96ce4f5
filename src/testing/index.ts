/**
 * Matchers for vitest and jest: what a profile does with a system call. Node.js, and browsers where a runner has them.
 *
 * @packageDocumentation
 */

// Matchers

export type { QuestionOptions, Subject } from './asked-subject.js';
export { type MatcherResult, type SeccompAssertions, type SeccompMatchers, seccompMatchers } from './matchers.js';
