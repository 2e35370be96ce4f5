// C's seccomp_rule_add_exact_array in place of the variadic function: ours takes an array in any case.
export { build } from './03-sim-basic-chains.js';
