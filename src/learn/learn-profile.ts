import { type ArchitectureName, parseArchitecture } from '../architecture.js';
import { errnoNumber } from '../errno.js';
import { ANYTHING, BOOLEAN, checkArgument, checkOptions, OBSERVATIONS } from '../options.js';
import type { Warning } from '../policy.js';
import { readProfile } from '../profile/formats/read-profile.js';
import type { ParsedProfile } from '../profile/model/parsed-profile.js';
import { FALLBACKS } from '../syscalls/fallbacks.js';
import { learnedArguments, narrowArguments } from './learned-arguments.js';
import {
  CLONE3_WARNING,
  clone3Entry,
  cloneForClone3,
  type LearnedEntry,
  learnedEntries,
  learnedRules,
} from './learned-rules.js';
import type { Observations } from './observations.js';

export interface LearnOptions {
  /** Allow calls with the arguments they were seen with only, for the calls where that matters. Default: false. */
  arguments?: boolean | undefined;
  /** The architecture to name first; and the only one, if nothing was seen. */
  architecture: ArchitectureName;
  /** Allow what the kernel and the C library do by themselves as well, see {@link ESSENTIALS}. Default: false. */
  essentials?: boolean | undefined;
}

export interface LearnedProfile {
  profile: ParsedProfile;
  /** What readers of the profile should know. */
  warnings: readonly Warning[];
}

/**
 * Calls that a process makes without its program asking. They end it, return from a signal's handler (sigreturn(2)), or
 * resume a call that a stop interrupted (restart_syscall(2)). Whether they are seen is a matter of luck.
 */
const ESSENTIALS = ['exit', 'exit_group', 'restart_syscall', 'rt_sigreturn'] as const;
/** For architectures that also have the older form. */
const OLD_ESSENTIALS: ReadonlySet<ArchitectureName> = new Set([
  'x86',
  'arm',
  'ppc',
  'm68k',
  'mips',
  'mipsel',
  's390',
  's390x',
  'sh',
  'sheb',
]);

/**
 * The smallest profile that allows what was seen, for all architectures it was seen on; everything else fails with
 * EPERM. It is only as complete as the observation.
 *
 * @throws {InvalidArgumentError} when an architecture or option is unknown
 *
 * @example
 * ```js
 * import { learnProfile, Observations } from 'libseccomp-wasm/learn';
 *
 * const observations = new Observations();
 * observations.add({ architecture: 'x86_64', name: 'getpid', args: [] });
 * const { profile } = learnProfile(observations, { architecture: 'x86_64' });
 * console.log(profile.seccomp.defaultAction, profile.seccomp.syscalls[0].names); // SCMP_ACT_ERRNO [ 'getpid' ]
 * ```
 */
export function learnProfile(observations: Observations, options: LearnOptions): LearnedProfile {
  checkArgument('learnProfile', 'observations', observations, OBSERVATIONS);
  checkOptions('learnProfile', options, { arguments: [BOOLEAN], architecture: [ANYTHING], essentials: [BOOLEAN] });
  const calls = observations.calls();
  const architectures = [...new Set([options.architecture, ...calls.map(({ architecture }) => architecture)])];
  const observed = learnedRules(calls, options.arguments ?? false);
  const withoutClone3 = options.arguments ? cloneForClone3(observed) : undefined;
  const rules = withoutClone3 ?? observed;
  const seen = new Set(rules.map(({ name }) => name));
  const essentials = options.essentials ? essentialEntries(architectures, seen) : [];
  const profile = readProfile(
    {
      defaultAction: 'SCMP_ACT_ERRNO',
      defaultErrnoRet: 1n,
      architectures: architectures.map((name) => parseArchitecture(name).ociName),
      syscalls: [
        ...learnedEntries(rules),
        ...(withoutClone3 ? [clone3Entry(options.architecture)] : []),
        ...fallbackEntries(options.architecture, new Set(calls.map(({ name }) => name))),
        ...essentials,
      ],
    },
    { format: 'docker', source: 'recorded profile' },
  );
  const warnings = options.arguments ? argumentWarnings(observations) : [];
  return { profile, warnings: withoutClone3 ? [...warnings, CLONE3_WARNING] : warnings };
}

/**
 * ENOSYS for calls that C libraries try before one that was seen: after EPERM, the default's, they would not make the
 * seen call.
 */
export function fallbackEntries(architecture: ArchitectureName, seen: ReadonlySet<string>): LearnedEntry[] {
  const names = FALLBACKS.flatMap(({ tried, older }) =>
    !seen.has(tried) && older.some((name) => seen.has(name)) ? [tried] : [],
  );
  if (names.length === 0) return [];
  const errnoRet = BigInt(errnoNumber('ENOSYS', architecture) as number);
  const comment =
    'Not observed, and answered with ENOSYS: C libraries that try these first take the older call on that alone';
  return [{ names, action: 'SCMP_ACT_ERRNO', errnoRet, comment }];
}

/** Entries for what every process may come to make: {@link ESSENTIALS}. */
export function essentialEntries(
  architectures: readonly ArchitectureName[],
  seen: ReadonlySet<string>,
): LearnedEntry[] {
  const old = architectures.some((name) => OLD_ESSENTIALS.has(name)) ? ['sigreturn'] : [];
  const names = [...ESSENTIALS, ...old].filter((name) => !seen.has(name));
  const comment = 'Not observed: every process may come to make these, to end or to go on after a signal';
  return names.length > 0 ? [{ names, action: 'SCMP_ACT_ALLOW', comment }] : [];
}

/**
 * Calls that `arguments` could not narrow: those of too many kinds, and those whose arguments the source does not have.
 */
export function argumentWarnings(observations: Observations): Warning[] {
  const merged = observations.merged();
  const unreported = observations.calls().filter(({ name, architecture, args }) => {
    const masks = learnedArguments(name, architecture);
    return !merged.includes(name) && narrowArguments(args, masks).length < masks.length;
  });
  return [
    ...merged.map((name) => ({
      code: 'too-many-kinds',
      message: `${name} was called with too many different arguments to list: it is allowed whatever they are`,
    })),
    ...[...new Set(unreported.map(({ name }) => name))].map((name) => ({
      code: 'untold-arguments',
      message: `${name} was seen without some of the arguments that matter: it is allowed whatever those are`,
    })),
  ];
}
