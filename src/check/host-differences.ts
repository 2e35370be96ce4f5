import { formatAction, permits } from '../action.js';
import type { Architecture } from '../architecture.js';
import { CompileError } from '../compiler/compile-error.js';
import { isAtLeast, type KernelVersion, parseRelease } from '../kernel-version.js';
import type { ParsedProfile } from '../profile/model/parsed-profile.js';
import type { HostDifference } from './finding.js';
import { firstOnAny } from './rules/runtimes.js';
import { type CheckedTarget, type TargetOptions, targetOf } from './target.js';

/** Whether the options name a host by at least two of its kernel, its libseccomp and its runtime. */
export function namesHost({ kernel, libseccompVersion, runtime = 'libseccomp' }: TargetOptions): boolean {
  return [kernel !== undefined, libseccompVersion !== undefined, runtime !== 'libseccomp'].filter(Boolean).length > 1;
}

/** What a profile does on the host of the options otherwise than here, by the calls that it names. */
export function hostDifferences(
  profile: ParsedProfile,
  targets: readonly CheckedTarget[],
  options: TargetOptions,
): readonly HostDifference[] {
  const kernel = options.kernel === undefined ? undefined : parseRelease(options.kernel);
  const { kernel: _kernel, libseccompVersion: _version, runtime: _runtime, ...here } = options;
  const names = new Set(
    (profile.seccomp.syscalls ?? []).flatMap((entry) => [entry.name || [], entry.names ?? []].flat()),
  );
  return targets.flatMap((there) => {
    const { architecture } = there;
    const refused = there.refusals.map(({ message }) => message);
    const failure = there.filter instanceof CompileError ? [there.filter.message] : [];
    const none = [...refused, ...failure].map((because) => ({
      architecture: architecture.name,
      here: 'the filter',
      there: 'none',
      because,
    }));
    if (none.length > 0) return none;
    const own = targetOf(profile, architecture, here);
    return [...names].flatMap((name) => difference(name, architecture, { own, there, kernel, options }) ?? []);
  });
}

function difference(
  call: string,
  architecture: Architecture,
  about: { own: CheckedTarget; there: CheckedTarget; kernel: KernelVersion | undefined; options: TargetOptions },
): HostDifference | undefined {
  const { own, there, kernel, options } = about;
  const [before, after] = [own, there].map((target) => target.actions(call, architecture, []));
  if (!before?.length || !after?.length) return undefined;
  const first = firstOnAny(call, [architecture], options.libseccomp);
  const isLacking = kernel !== undefined && first !== undefined && !isAtLeast(kernel, first);
  const text = (actions: typeof before, lacking: boolean) =>
    [...new Set(actions.map((each) => (lacking && permits(each) ? 'ENOSYS' : formatAction(each, architecture.name))))]
      .sort()
      .join(' or ');
  const [here, onHost] = [text(before, false), text(after, isLacking)];
  if (here === onHost) return undefined;
  const isUnknown = there.newer.some(({ listed }) => listed.name === call);
  const reasons = [
    isUnknown ? `libseccomp ${options.libseccompVersion} does not know it` : '',
    isLacking
      ? `Linux ${kernel.version}.${kernel.revision} does not have it, ${first.version}.${first.revision} does`
      : '',
  ].filter((reason) => reason !== '');
  const because = reasons.join('; ') || 'the conditions of entries, or the runtime';
  return { architecture: architecture.name, call, here, there: onHost, because };
}

/** As a table, one line a difference. */
export function hostTable(differences: readonly HostDifference[]): string[] {
  if (differences.length === 0) return ['on that host: what is named is decided as here'];
  const rows = [
    ['machine', 'call', 'here', 'there', 'because'],
    ...differences.map(({ architecture, call = '', here, there, because }) => [
      architecture,
      call,
      here,
      there,
      because,
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return [
    'on that host:',
    ...rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd()),
  ];
}
