// The same calls as in 03, and the same table.
export { build } from './03-sim-basic-chains.js';
