export { type MatcherResult, type SeccompAssertions, type SeccompMatchers, seccompMatchers } from './matchers.js';
export type { ArgumentValue, CallArguments, QuestionOptions, Subject } from './policy-question.js';
