export {
  decodeReturnValue,
  encodeAction,
  formatAction,
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
export { analyzeFlow, type FlowState, type Origin, type ValueSet } from './dataflow.js';
export {
  buildDecisionDiagram,
  type DecisionDiagram,
  type DecisionDiagramOptions,
  decide,
} from './decision-diagram.js';
export { type DisassembleOptions, disassemble, type Line } from './disassemble.js';
export { InvalidProgramError, type InvalidProgramReason, UnknownByteOrderError } from './errors.js';
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
export {
  type CallPattern,
  exactly,
  type KnownBits,
  type PossibleDecision,
  possibleDecisions,
} from './possible-decisions.js';
export type { FilterProgram } from './program.js';
export {
  createSimulator,
  type SeccompData,
  type Simulation,
  type Simulator,
  seccompDataWords,
  simulate,
} from './simulate.js';
export { verifyProgram } from './verify.js';
