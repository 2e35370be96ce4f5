export {
  decodeReturnValue,
  encodeAction,
  formatAction,
  isSameAction,
  kernelAction,
  precedence,
  type UnknownAction,
} from '../action.js';
export { type AssembledProgram, type AssembleOptions, assemble } from './assembly/assemble.js';
export { AssemblyError, type AssemblyIssue, type AssemblyIssueCode } from './assembly/assembly-error.js';
export { type DisassembleOptions, disassemble, type Line } from './assembly/disassemble.js';
export {
  type FormatOptions,
  formatAssembly,
  formatDisassembly,
  type ListingPart,
} from './assembly/format-disassembly.js';
export {
  type ArchitectureDifference,
  type CallDifference,
  type Comparison,
  compareDecisions,
  type DecisionChange,
  implies,
} from './decisions/compare.js';
export { ALL_BITS, type Condition, LOW_HALF, type Term, type Terms, termsDiagram } from './decisions/condition.js';
export {
  buildDecisionDiagram,
  type DecisionDiagram,
  type DecisionDiagramOptions,
  decide,
} from './decisions/decision-diagram.js';
export { type DiagramBudget, DiagramStore, ProgramTooComplexError } from './decisions/diagram-store.js';
export { type ConditionNames, formatCondition, formatConditions } from './decisions/format-conditions.js';
export { type Direction, judgeChange } from './decisions/permissiveness.js';
export {
  type ArchitectureTable,
  type CallNumber,
  createCallTable,
  type Decision,
  type NumberRange,
  numbersOf,
  type PolicyTable,
  policyTable,
  type SeenArchitectures,
  seenArchitectures,
} from './decisions/policy-table.js';
export {
  type CallPattern,
  exactly,
  type KnownBits,
  type PossibleDecision,
  possibleDecisions,
} from './decisions/possible-decisions.js';
export { recoverConditions } from './decisions/recover-conditions.js';
export { type ParsedCall, parseCall, type WrittenCall } from './execution/parse-call.js';
export {
  createSimulator,
  type SeccompData,
  type Simulation,
  type Simulator,
  seccompDataWords,
  simulate,
} from './execution/simulate.js';
export {
  type DecodedProgram,
  decodeProgram,
  detectEndianness,
  encodeProgram,
  type ProgramInput,
  readProgram,
} from './program/codec.js';
export { analyzeFlow, type FlowState, type Origin, type ValueSet } from './program/dataflow.js';
export { InvalidProgramError, type InvalidProgramReason, UnknownByteOrderError } from './program/errors.js';
export {
  type Endianness,
  type Instruction,
  isConditionalJump,
  isOpcode,
  MAX_INSTRUCTIONS,
  Opcode,
  SCRATCH_WORDS,
  SECCOMP_DATA_SIZE,
  SeccompDataOffset,
  successors,
  X32_SYSCALL_BIT,
} from './program/instruction.js';
export type { FilterProgram } from './program/program.js';
export { verifyProgram } from './program/verify.js';
