export { type FormatPolicyOptions, formatDecisions, formatPolicy } from './format-policy.js';
export {
  type NamedArchitecture,
  type NamedCall,
  type NamedDecision,
  type NamedPolicy,
  nameTable,
} from './named-policy.js';
export { type RuleSource, ruleSources } from './rule-sources.js';
