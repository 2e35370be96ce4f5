export { type CheckOptions, checkProfile, defaultTargets } from './check-profile.js';
export { type CheckReport, type Finding, SEVERITIES, type Severity, type TextEdit } from './finding.js';
export { applyFixes, type FixedText } from './fix.js';
export { RULES } from './registry.js';
export type { Rule } from './rule.js';
