import { formatAction, isSameAction } from '../action.js';
import type { ArchitectureName } from '../architecture.js';
import type { CompiledProfile } from '../compiler/compile-parsed-profile.js';
import type { Action, PolicyRule } from '../policy.js';
import type { EntrySyntax } from '../profile/formats/format.js';
import { withAndWithout } from '../profile/resolve/assumed-capabilities.js';
import { formatPlace } from '../source-place.js';
import {
  allowingLine,
  clone3Line,
  type DenialReason,
  type DeniedCall,
  explainDenial,
  isConditional,
  namesBehind,
} from './explain-denial.js';

/** The profile that denied a call, and how to speak of it. */
export interface DenyingProfile extends Pick<CompiledProfile, 'compiledRules' | 'resolution' | 'libseccompVersion'> {
  source: string;
  /** The form of an addition to it. */
  format: EntrySyntax;
}

export interface DenialWords {
  /** `ERRNO(EPERM): profile.json:3:5 (syscalls[0].names[1])` */
  decision: string;
  /** Ways to allow the call, the one that weakens the profile least first. None where an entry denies it. */
  advice: readonly string[];
}

/**
 * Why a profile denied a call, in words. `usual` is the action with Docker's default capabilities, where the caller
 * named none.
 */
export function describeDenial(profile: DenyingProfile, denied: DeniedCall, usual?: Action): DenialWords {
  const { architecture, action } = denied;
  const text = formatAction(action, architecture);
  const reason = explainDenial(profile, denied);
  const isDependent = usual !== undefined && !isSameAction(usual, action);
  const decided = isDependent ? `${withAndWithout(text, formatAction(usual, architecture))};` : `${text}:`;
  return {
    decision: `${decided} ${describeReason(profile, reason, architecture)}`,
    advice: adviceOf(profile, denied, reason),
  };
}

const COMPARES_NO_ARGUMENTS: Partial<Record<EntrySyntax, string>> = { unit: 'a unit', firejail: 'a list of firejail' };

function adviceOf(profile: DenyingProfile, denied: DeniedCall, reason: DenialReason): string[] {
  if (reason.kind !== 'default') return [];
  const { format, compiledRules } = profile;
  const line = allowingLine(denied, format);
  const capabilities = reason.dropped.find((each) => each.capabilities.length > 0)?.capabilities;
  const enosys = clone3Line(compiledRules.policy, denied, format);
  const comparesNone = COMPARES_NO_ARGUMENTS[format];
  const whole = comparesNone && isConditional(denied) ? ` (${comparesNone} compares no arguments)` : '';
  // Of two such lines one counts.
  const where = format === 'firejail' ? ' to the list of seccomp.keep' : '';
  const answer = format === 'seccompiler' ? 'answer ENOSYS by "mismatch_action"' : `add: ${enosys}`;
  const add =
    enosys === undefined
      ? format === 'minijail' && reason.others.length > 0
        ? `to allow it, ${isConditional(denied) ? `add to the conditions of its line: "|| ${line.slice(line.indexOf(':') + 2)}"` : `write instead of its line: ${line}`}`
        : `to allow it${capabilities ? ' without' : ''}, ${takeOut(profile, denied, reason)}add${where}: ${line}${whole}`
      : `its flags are in memory, where no filter sees them, and those of clone are compared here; to make the C library call clone, ${answer}`;
  if (!capabilities) return [add];
  const options = (name: string) => capabilities.map((each) => `${name} ${each.replace(/^CAP_/, '')}`).join(' ');
  return [
    `to allow it, give the container ${capabilities.join(', ')}: ${options('--cap-add')} of docker and podman (${options('--cap')} here)`,
    add,
  ];
}

/**
 * Entries with other actions for other arguments of the call. An addition for all arguments overrides them, or
 * libseccomp refuses the two together.
 */
function takeOut(profile: DenyingProfile, denied: DeniedCall, { others }: DefaultReason): string {
  const behind = namesBehind(denied);
  const names = [denied.name, ...behind];
  const rivals = others.filter(({ action }) => action.kind !== 'ALLOW');
  // A multiplexer's condition only selects the call.
  if (rivals.length === 0 || (isConditional(denied) && behind.length === 0)) return '';
  const taken = rivals.map((rule) => {
    const own = rule.names.filter(({ name }) => names.includes(name)).map(({ name }) => name);
    return `${own.join(', ')} out of ${place(profile, rule)}`;
  });
  return `take ${taken.join(' and ')}, which it would go over, and `;
}

type DefaultReason = Extract<DenialReason, { kind: 'default' }>;

function describeReason(profile: DenyingProfile, reason: DenialReason, architecture: ArchitectureName): string {
  switch (reason.kind) {
    case 'architecture':
      return `${profile.source} does not list ${architecture}`;
    case 'added':
      return 'not the profile itself, but what was added to it (an ENOSYS stub for calls newer than it)';
    case 'entry':
      return place(profile, reason.rule);
    case 'unclear': {
      const rules = [...new Set(reason.rules.map((rule) => place(profile, rule)))].join(', or ');
      return reason.orDefault
        ? `${rules}, or the default: arguments decide, which are not known`
        : `${rules}, by arguments that are not known`;
    }
    case 'default': {
      const { others, dropped } = reason;
      if (others.length === 0 && dropped.length === 0) return 'the default, no entry names it';
      const unmet = [...new Set(others.map((rule) => place(profile, rule)))].join(', ');
      const because = [
        ...(unmet ? [`the conditions of ${unmet} do not hold`] : []),
        ...dropped.map((each) => `${place(profile, each.place)} does not apply: ${each.reason}`),
      ];
      return `the default, since ${because.join('; ')}`;
    }
  }
}

function place(profile: DenyingProfile, { path, position, source = profile.source }: PlaceOf): string {
  if (!position) return `${formatPlace(source)}: ${path}`;
  // In a list the path is the line.
  return `${formatPlace(source, position)}${path.startsWith('line') ? '' : ` (${path})`}`;
}

type PlaceOf = Pick<PolicyRule, 'path' | 'position' | 'source'>;
