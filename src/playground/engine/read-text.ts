import { BUILTIN_PREFIX } from '../../profile/builtin/names.js';
import { loadProfile } from '../../profile/formats/load-profile.js';
import type { ParsedProfile } from '../../profile/model/parsed-profile.js';
import type { ProfileText } from './protocol.js';

/** Read a profile with what it extends, which in a browser can be built-ins only. They are loaded when one is named. */
export async function readText({ text, source }: ProfileText): Promise<ParsedProfile> {
  if (text.startsWith(BUILTIN_PREFIX)) {
    const { builtinProfile } = await import('../../profile/builtin/index.js');
    const profile = builtinProfile(text);
    if (profile) return profile;
  }
  const profile = await loadProfile(text, { source });
  if (!profile.seccomp.extends) return profile;
  const [{ builtinProfile }, { extendProfile }] = await Promise.all([
    import('../../profile/builtin/index.js'),
    import('../../profile/extend/extend-profile.js'),
  ]);
  return extendProfile(profile, builtinProfile);
}
