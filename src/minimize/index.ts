export { MinimizerFaultError, ProgramTooLongError } from './errors.js';
export { type MinimizedProgram, type MinimizeOptions, minimize } from './minimize.js';
export { type CallWeights, callWeights, type WeighedCall, weightsWhere } from './weights.js';
