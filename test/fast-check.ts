import fc from 'fast-check';

/**
 * Where random tests begin. The same each time, so that a run of CI judges what was changed and nothing else: searching is for
 * `npm run fuzz`, and for FUZZ_SEED=n, which asks other cases of every such test.
 */
export const FUZZ_SEED = Number(process.env.FUZZ_SEED ?? 1);

fc.configureGlobal({ seed: FUZZ_SEED });

export default fc;
