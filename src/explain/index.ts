export { type AskedCall, decidedBy, type EntryAbout, entriesAbout } from './entries-about.js';
export { type FormatPolicyOptions, formatDecisions, formatPolicy } from './format-policy.js';
export {
  type NamedArchitecture,
  type NamedCall,
  type NamedDecision,
  type NamedPolicy,
  nameTable,
} from './named-policy.js';
