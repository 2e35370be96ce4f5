import type { FilterFlag } from '../../policy.js';
import { isParsedProfile } from '../../profile/model/parsed-profile.js';
import { type DockerSeccomp, FLAG_NAMES } from '../../profile/model/schema.js';
import { ComposeError } from './compose-error.js';
import type { ComposeInput } from './compose-input.js';

type LoadingKeys = Pick<DockerSeccomp, 'flags' | 'listenerPath' | 'listenerMetadata'>;

/** An input, and what its keys count for. */
export interface LoadedInput {
  readonly input: ComposeInput;
  readonly label: string;
  /** Whether it notifies somewhere. */
  readonly notifies: boolean;
}

/**
 * What is no decision about a call: flags of seccomp(2) and the listener. Programs have neither, and do not count.
 *
 * - LOG and TSYNC, which only restrict or record more: of any input
 * - SPEC_ALLOW, which leaves a mitigation out: if all have it
 * - WAIT_KILLABLE_RECV and the listener: of those that notify, where the result does; these must agree
 *
 * An input without the key `flags` has its runtime's default. Where all are without it, so is the result.
 *
 * @throws {ComposeError} `COMPOSE_CONFLICT`, when inputs that notify do not agree
 */
export function loadingKeys(
  inputs: readonly LoadedInput[],
  notifies: boolean,
  defaultFlags: readonly FilterFlag[],
): LoadingKeys {
  const sections = inputs.flatMap(({ input, label, notifies: own }) =>
    isParsedProfile(input) ? [{ section: input.seccomp, label, notifies: own }] : [],
  );
  const notifying = notifies ? sections.filter((each) => each.notifies) : [];
  const agreed = <Value>(what: string, keyOf: (section: DockerSeccomp) => Value | undefined | null) => {
    const given = notifying.flatMap(({ section, label }) => {
      const value = keyOf(section);
      return value === undefined || value === null || value === '' ? [] : [{ value, label }];
    });
    const [first] = given;
    const other = given.find(({ value }) => value !== first?.value);
    if (first === undefined || other === undefined) return first?.value;
    throw new ComposeError('COMPOSE_CONFLICT', `inputs that notify do not agree on ${what}; give them the same`, [
      `${first.label}: ${String(first.value)}`,
      `${other.label}: ${String(other.value)}`,
    ]);
  };
  const listenerPath = agreed('listenerPath', (section) => section.listenerPath);
  const listenerMetadata = agreed('listenerMetadata', (section) => section.listenerMetadata);
  const flagsOf = (section: DockerSeccomp): readonly FilterFlag[] => section.flags ?? defaultFlags;
  const isKept = (flag: FilterFlag): boolean => {
    switch (flag) {
      case 'SECCOMP_FILTER_FLAG_SPEC_ALLOW':
        return sections.every(({ section }) => flagsOf(section).includes(flag));
      case 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV':
        return agreed(`the flag ${flag}`, (section) => flagsOf(section).includes(flag)) === true;
      default:
        return sections.some(({ section }) => flagsOf(section).includes(flag));
    }
  };
  const hasFlags = sections.some(({ section }) => section.flags !== undefined && section.flags !== null);
  return {
    ...(hasFlags && { flags: FLAG_NAMES.filter(isKept) }),
    ...(listenerPath !== undefined && { listenerPath }),
    ...(listenerMetadata !== undefined && { listenerMetadata }),
  };
}
