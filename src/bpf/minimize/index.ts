export { MinimizerFaultError, ProgramTooLongError } from './errors.js';
export { executedFor, expectedInstructions } from './executed.js';
export { type MinimizedProgram, type MinimizeOptions, minimize } from './minimize.js';
export { type MinimizeProgramOptions, minimizeProgram } from './minimize-program.js';
export { type Weights, weigh } from './weigh.js';
export { type CallWeights, callWeights, frequentCalls, type WeighedCall, weightsWhere } from './weights.js';
