import type { OwnCompileOptions } from '../../compiler/compile-policy.js';
import { ComposeError } from '../../compose/algebra/compose-error.js';
import { intersectProfiles, unionProfiles } from '../../compose/algebra/compose-profiles.js';
import type { Libseccomp } from '../../libseccomp/index.js';
import type { Combination, Combined } from './protocol.js';
import type { ReadInput } from './read-input.js';

const COMBINE = { intersect: intersectProfiles, union: unionProfiles } as const;

/** What two texts allow together, as a profile: that of `scmp intersect` and `scmp union`, whose program is proven. */
export function combineProfiles(
  how: Combination,
  inputs: readonly { input: ReadInput; source: string }[],
  { verify: _verify, pfc: _pfc, ...options }: OwnCompileOptions & { libseccomp: Libseccomp },
): Combined {
  const given = inputs.map(({ input, source }) =>
    input.kind === 'profile' ? input.parsed : { program: input.filter.program, source },
  );
  const asked = { ...options, to: 'docker' } as const;
  try {
    const { write, differences } = COMBINE[how](given, asked);
    return { kind: 'combined', text: write(), differences };
  } catch (error) {
    if (!(error instanceof ComposeError) || error.code !== 'NOT_EXPRESSIBLE') throw error;
    // The nearest one that lets less run, and what it decides otherwise.
    const { write, differences } = COMBINE[how](given, { ...asked, stricter: true });
    return { kind: 'combined', text: write(), differences: [...differences, ...error.reasons] };
  }
}
