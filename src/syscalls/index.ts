/**
 * System calls as Linux has them: their parameters on every architecture, and the constants that people write for them.
 * Browser and Node.js.
 *
 * @packageDocumentation
 */

// Parameters

export { describeCall } from './describe-call.js';
export { knownSyscalls, type ParameterType, type SyscallParameter, syscallSignature } from './signature.js';

// Constants

export type { ConstantFamily } from './constant-families.js';
export {
  CONSTANT_FAMILIES,
  constantExpression,
  constantName,
  constantValue,
  describeMask,
  describeValue,
  familyConstants,
} from './constants.js';
