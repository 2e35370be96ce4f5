export {
  CONSTANT_FAMILIES,
  type ConstantFamily,
  constantExpression,
  constantName,
  constantValue,
  describeMask,
  describeValue,
  familyConstants,
} from './constants.js';
export { describeCall } from './describe-call.js';
export { knownSyscalls, type ParameterType, type SyscallParameter, syscallSignature } from './signature.js';
