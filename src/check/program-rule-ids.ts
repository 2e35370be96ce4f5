/** What is found in programs, by id, in the order of the rules (program-rules.ts): a check of a profile does without these. */
export const PROGRAM_RULE_IDS = [
  'architecture-untested',
  'other-architectures-open',
  'x32-open',
  'sibling-open',
  'mount-namespace-open',
  'io-uring-open',
  'wide-comparison',
  'unreachable-code',
  'return-value-mapped',
  'longer-than-needed',
] as const;
