import { takesEnosysStub } from '../../action.js';
import type { Architecture } from '../../architecture.js';
import { behaviourOf, hasEnosysStub, optimizationLevel, type RuntimeName } from '../../compiler/runtime.js';
import { runtimeRefusals } from '../../compiler/runtime-refusals.js';
import type { Libseccomp } from '../../libseccomp/index.js';
import { list } from '../../phrases.js';
import type { ParsedProfile } from '../../profile/model/parsed-profile.js';
import { type Resolution, resolve } from '../../profile/resolve/resolve-policy.js';
import type { TargetNote, TargetReport } from './report.js';

/** The machines that a report is for. */
export interface ReportedFor {
  readonly libseccomp: Libseccomp;
  readonly architectures: readonly Architecture[];
  readonly capabilities?: readonly string[] | undefined;
  readonly kernel?: string | undefined;
}

/** What a runtime refuses and ignores of a profile, and what it puts into the filter of its own accord. */
export function madeBy(
  runtime: RuntimeName,
  profile: ParsedProfile,
  { libseccomp, architectures, capabilities, kernel }: ReportedFor,
): Pick<TargetReport, 'refused' | 'ignored' | 'added'> {
  const resolutions = architectures.map((arch) => resolve(profile, { arch, capabilities, kernel }));
  const refused = resolutions.flatMap((resolution) =>
    runtimeRefusals(profile, resolution, { runtime }).map(
      ({ message, hint = '', path, position, source }): TargetNote => ({
        message: message.includes(runtime) ? message : `${runtime}: ${message}`,
        advice: hint,
        path,
        position,
        source,
        finding: 'refused-by-target',
      }),
    ),
  );
  const [first] = resolutions;
  if (first === undefined) return { refused, ignored: [], added: [] };
  const behaviour = behaviourOf({ runtime });
  const texts: string[] = [];
  const { flags = [] } = first.policy;
  if (behaviour.defaultFlags.length > 0 && flags.length === 0) {
    // The structures of runtime-spec leave an empty list out.
    const why = first.policy.flags ? 'an empty list of "flags" is lost on the way' : 'the profile has no "flags"';
    texts.push(`${runtime} sets ${list(behaviour.defaultFlags)}, for ${why}`);
  }
  if (hasEnosysStub(first.policy, behaviour) && takesEnosysStub(first.policy.defaultAction)) {
    const newest = resolutions.flatMap((resolution) => newestCalls(resolution, libseccomp));
    if (newest.length > 0) {
      texts.push(
        `${runtime} answers ENOSYS, not the default action, for calls after the newest that the profile names: ${list(newest, 12)}`,
      );
    }
  }
  if (optimizationLevel(first.policy, behaviour) === 2) {
    texts.push(
      `${runtime} has libseccomp make a binary tree, for there are more than ${behaviour.optimizePast} rules: the decisions are the same`,
    );
  }
  const added = texts.map((message): TargetNote => ({ message, advice: '', path: '', finding: 'added-by-target' }));
  return { refused: unlike(refused), ignored: ignoredFlags(runtime, profile), added };
}

/** A flag that changes nothing for a container. */
function ignoredFlags(runtime: RuntimeName, profile: ParsedProfile): TargetNote[] {
  // runc, setFlag and patchbpf's filterFlags.
  const at = runtime === 'runc' ? (profile.seccomp.flags ?? []).indexOf('SECCOMP_FILTER_FLAG_TSYNC') : -1;
  if (at < 0) return [];
  const message = `${runtime} takes SECCOMP_FILTER_FLAG_TSYNC and does not set it: its other threads end at execve(2)`;
  return [{ message, advice: '', ...profile.locate('flags', at) }];
}

/** `mseal (462) on x86_64`: the newest call that a profile names, on each architecture of a machine's filter. */
function newestCalls({ policy, target }: Resolution, libseccomp: Libseccomp): string[] {
  const names = [...new Set(policy.rules.flatMap((rule) => rule.names.map(({ name }) => name)))];
  const architectures = new Set([target.architecture, ...policy.architectures.map(({ architecture }) => architecture)]);
  return [...architectures].flatMap((architecture) => {
    let newest: { name: string; number: number } | undefined;
    for (const name of names) {
      const number = libseccomp.resolveSyscallName(name, architecture) ?? -1;
      if (number > (newest?.number ?? 0)) newest = { name, number };
    }
    return newest ? [`${newest.name} on ${architecture.name}`] : [];
  });
}

/** Each once: several machines often have the same. */
export function unlike(notes: readonly TargetNote[]): TargetNote[] {
  return [...new Map(notes.map((note) => [JSON.stringify([note.source, note.path, note.message]), note])).values()];
}
