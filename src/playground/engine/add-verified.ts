import type { ArchitectureName } from '../../architecture.js';
import type { CompiledFilter } from '../../compiler/compile-policy.js';
import type { Libseccomp } from '../../libseccomp/index.js';
import { withEntry } from './add-entry.js';
import { comparePrograms } from './compare-programs.js';
import type { Failed, ProfileText } from './protocol.js';
import type { ReadInput } from './read-input.js';

interface Addition {
  addition: string;
  name: string;
  architecture: ArchitectureName;
  libseccomp: Libseccomp;
  compile(text: string): Promise<CompiledFilter>;
}

/**
 * The profile's text with an addition, if the filter then differs in the one call alone, and lets it do more. Otherwise
 * it is for the author to write.
 */
export async function addVerified(
  profile: ProfileText,
  input: ReadInput,
  { addition, name, architecture, libseccomp, compile }: Addition,
): Promise<{ kind: 'added'; text: string } | Failed> {
  const byHand = (why: string): Failed => ({ kind: 'failed', message: `${why}: add it by hand: ${addition}` });
  const text = input.kind === 'profile' ? withEntry(profile, input.parsed, addition) : undefined;
  if (text === undefined) return byHand('where it goes in this format is not known');
  const { differences } = comparePrograms(await compile(profile.text), await compile(text), libseccomp);
  const isMeant = (calls: readonly string[]) => calls.every((call) => call === name);
  const others = differences.filter(({ calls, change }) => !isMeant(calls) || change !== 'weaker');
  if (others.length > 0) return byHand(`it would change more than ${name}`);
  if (!differences.some((each) => each.architecture === architecture)) return byHand(`it alone does not allow ${name}`);
  return { kind: 'added', text };
}
