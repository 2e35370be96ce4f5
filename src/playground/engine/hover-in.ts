import { editorFormat } from '../../editor/editor-format.js';
import { callAt, type Hover, hoverAt } from '../../editor/hover.js';
import { type AskedTarget, hoverTarget } from '../../editor/hover-target.js';
import { partAt, profileParts } from '../../editor/profile-parts.js';
import type { Libseccomp } from '../../libseccomp/index.js';
import type { ProfileText, Settings } from './protocol.js';
import { namedFormat } from './text-tokens.js';

/** What there is to say about a place of a text; `compiled`: the filter of this very text. */
export function hoverIn(
  profile: ProfileText,
  settings: Settings,
  offset: number,
  compiled: AskedTarget | undefined,
  libseccomp: Libseccomp,
): Hover | undefined {
  const { text, source } = profile;
  const named = namedFormat(profile, settings);
  const part = partAt(profileParts(text, editorFormat(text, named), { source, format: named.named }), offset);
  const call = callAt(part, offset);
  const target = compiled ?? { architecture: settings.arch, notes: {}, filter: undefined };
  return hoverAt(part, offset, [
    hoverTarget(call?.name ?? '', call ? target : { ...target, filter: undefined }, libseccomp),
  ]);
}
