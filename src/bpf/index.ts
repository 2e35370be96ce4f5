export {
  decodeReturnValue,
  encodeAction,
  formatAction,
  isSameAction,
  kernelAction,
  precedence,
  type UnknownAction,
} from '../action.js';
export { type AssembledProgram, type AssembleOptions, assemble } from './assemble.js';
export { AssemblyError, type AssemblyIssue, type AssemblyIssueCode } from './assembly-error.js';
export {
  type DecodedProgram,
  decodeProgram,
  detectEndianness,
  encodeProgram,
  type ProgramInput,
  readProgram,
} from './codec.js';
export {
  type ArchitectureDifference,
  type CallDifference,
  type Comparison,
  compareDecisions,
  type DecisionChange,
  implies,
} from './compare.js';
export { ALL_BITS, type Condition, LOW_HALF, type Term, type Terms, termsDiagram } from './condition.js';
export { analyzeFlow, type FlowState, type Origin, type ValueSet } from './dataflow.js';
export {
  buildDecisionDiagram,
  type DecisionDiagram,
  type DecisionDiagramOptions,
  decide,
} from './decision-diagram.js';
export { type DiagramBudget, DiagramStore, ProgramTooComplexError } from './diagram-store.js';
export { type DisassembleOptions, disassemble, type Line } from './disassemble.js';
export { InvalidProgramError, type InvalidProgramReason, UnknownByteOrderError } from './errors.js';
export { type ConditionNames, formatCondition, formatConditions } from './format-conditions.js';
export { type FormatOptions, formatAssembly, formatDisassembly, type ListingPart } from './format-disassembly.js';
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
} from './instruction.js';
export { type ParsedCall, parseCall, type WrittenCall } from './parse-call.js';
export { type Direction, judgeChange } from './permissiveness.js';
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
} from './policy-table.js';
export {
  type CallPattern,
  exactly,
  type KnownBits,
  type PossibleDecision,
  possibleDecisions,
} from './possible-decisions.js';
export type { FilterProgram } from './program.js';
export { recoverConditions } from './recover-conditions.js';
export {
  createSimulator,
  type SeccompData,
  type Simulation,
  type Simulator,
  seccompDataWords,
  simulate,
} from './simulate.js';
export { verifyProgram } from './verify.js';
