/**
 * Classic BPF programs as data: decode, verify, disassemble, assemble, simulate, and decide every possible call exactly.
 * Browser and Node.js.
 *
 * @packageDocumentation
 */

// What a program decides, on every call

export {
  type ArchitectureDifference,
  type CallDifference,
  type CallWitness,
  compareDecisions,
  type DecidedCall,
  type DecisionChange,
  type Implication,
  type ImpliesOptions,
  implies,
  type ProgramComparison,
} from './decisions/compare.js';
export {
  ALL_64_BITS,
  type Condition,
  type DnfTerm,
  type DnfTerms,
  dnfDiagram,
  LOW_HALF,
} from './decisions/condition.js';
export {
  buildDecisionDiagram,
  type DecisionDiagram,
  type DecisionDiagramOptions,
  decide,
} from './decisions/decision-diagram.js';
export { type DiagramBudget, DiagramStore, type Node, ProgramTooComplexError } from './decisions/diagram-store.js';
export type { IsFlag } from './decisions/factor-conditions.js';
export { type ConditionNames, formatCondition, formatConditions } from './decisions/format-conditions.js';
export type { Field, VariableOrder } from './decisions/input-variables.js';
export { allBitsKnown, type KnownBits } from './decisions/known-bits.js';
export {
  type ArchitectureTable,
  type CallNumber,
  createCallTable,
  type Decision,
  type NumberRange,
  numbersOf,
  type PolicyTable,
  type PolicyTableOptions,
  policyTable,
  type SeenArchitectures,
  seenArchitectures,
  type UnnamedArchitectureTable,
} from './decisions/policy-table.js';
export { type CallPattern, type PossibleDecision, possibleDecisions } from './decisions/possible-decisions.js';
export { recoverConditions } from './decisions/recover-conditions.js';

export { ruleConditions } from './decisions/rule-conditions.js';

export { stackDecisions } from './decisions/stack.js';

// What a program does with one call

export { type ParsedCall, parseCall, type WrittenCall } from './execution/parse-call.js';
export {
  createSimulator,
  type SeccompData,
  type Simulation,
  type Simulator,
  seccompDataWords,
  simulate,
} from './execution/simulate.js';

// Programs as text

export { type AssembledProgram, type AssembleOptions, assemble } from './assembly/assemble.js';
export { type DisassembleOptions, type DisassemblyLine, disassemble } from './assembly/disassemble.js';
export {
  type FormatOptions,
  formatAssembly,
  formatDisassembly,
  type ListingPart,
} from './assembly/format-disassembly.js';

// Programs in texts of other tools

export { ProgramTextError } from './forms/program-text-error.js';
export {
  type ProgramForm,
  type ReadProgram,
  type ReadProgramOptions,
  readProgramText,
} from './forms/read-program-text.js';

// Programs as data

export { X32_SYSCALL_BIT } from '../architecture.js';
export {
  type DecodedProgram,
  decodeProgram,
  detectEndianness,
  encodeProgram,
  type ProgramInput,
  readProgram,
} from './program/codec.js';
export { analyzeFlow, type FlowState, type LoadedOffset, type ValueSet } from './program/dataflow.js';
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
} from './program/instruction.js';
export type { FilterProgram } from './program/program.js';
export { verifyProgram } from './program/verify.js';

// Actions

export {
  type ActionKind,
  type Direction,
  decodeReturnValue,
  encodeAction,
  formatAction,
  isSameAction,
  judgeChange,
  kernelAction,
  precedence,
  type UnknownAction,
} from '../action.js';
export type { Action } from '../policy.js';

// Errors

export { AssemblyError, type AssemblyIssue, type AssemblyIssueCode } from './assembly/assembly-error.js';
export { InvalidProgramError, type InvalidProgramReason, UnknownByteOrderError } from './program/errors.js';
