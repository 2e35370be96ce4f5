import { runtimeBehaviour } from '../compiler/runtime.js';
import { SourceText } from '../profile/document/source-text.js';
import { listProfiles, type ProfileSelection } from '../profile/formats/list-profiles.js';
import { mayHaveSeveral } from '../profile/formats/several-profiles.js';
import type { ParsedProfile } from '../profile/model/parsed-profile.js';
import { includedFile } from './included-files.js';
import type { Input } from './input.js';
import { type InputFlags, type NotifyFlags, withBases } from './read-input-profile.js';

/** One of the profiles of an input. */
export interface InputProfile {
  /** What chooses it. */
  readonly selection: ProfileSelection;
  /** @throws {ScmpError} when it is invalid, or what it extends is */
  read(): Promise<ParsedProfile>;
}

export interface InputProfiles {
  readonly profiles: readonly InputProfile[];
  /** How many documents beside them are Kubernetes objects of other kinds. */
  readonly others: number;
}

/**
 * The profiles of an input that has several, from one parse of it. Undefined where one is meant, or it cannot be parsed: its
 * reader says what is wrong then.
 */
export function inputProfiles(input: Input, flags: InputFlags & NotifyFlags): InputProfiles | undefined {
  const { document, thread, from, systemd } = flags;
  const isOne = input.builtin || input.artifact || input.isChosen || input.document !== undefined;
  if (document !== undefined || thread !== undefined) return undefined;
  if (isOne || !mayHaveSeveral(new TextDecoder().decode(input.bytes))) return undefined;
  const { source } = input;
  const { runtime, notifyGuards: guards } = flags;
  const { notifyGuards } = runtimeBehaviour({ runtime, notifyGuards: guards });
  const options = { source, format: from, systemd, include: includedFile, notifyGuards };
  let found: ReturnType<typeof listProfiles>;
  try {
    found = listProfiles(SourceText.decode(input.bytes, source), options);
  } catch {
    return undefined;
  }
  const { profiles, others } = found;
  if (profiles.length < 2 && others === 0) return undefined;
  // They may name each other as their base.
  const beside = new Map(
    profiles.flatMap(({ selection: { document }, read }) =>
      document === undefined ? [] : [[document, read] as const],
    ),
  );
  return {
    profiles: profiles.map(({ selection, read }) => ({
      selection,
      read: async () => withBases(read(), { ...input, beside }, flags),
    })),
    others,
  };
}
