export { MinimizerFaultError, ProgramTooLongError } from './errors.js';
export { type MinimizedProgram, type MinimizeOptions, minimize } from './minimize.js';
export type { CallWeights } from './weights.js';
