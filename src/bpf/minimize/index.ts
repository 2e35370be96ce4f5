/**
 * The smallest and fastest program that decides as a given one does, proven equal. Browser and Node.js.
 *
 * @packageDocumentation
 */

// Make a program smaller

export type { MinimizedProgram } from './minimize.js';
export { type MinimizeProgramOptions, minimizeProgram } from './minimize-program.js';

// What it is made fast for

export { expectedInstructions } from './executed.js';
export type { Weights } from './weigh.js';
export { type CallWeights, callWeights, type WeighedCall } from './weights.js';

// Errors

export { MinimizerFaultError } from './errors.js';
