import { editorFormat } from '../../editor/editor-format.js';
import { semanticTokens, TOKEN_TYPES } from '../../editor/semantic-tokens.js';
import { yamlTokens } from '../../editor/yaml-tokens.js';
import type { InputFormat } from '../../profile/formats/index.js';
import type { ProfileText, Settings, TextTokens } from './protocol.js';

/** How the settings and the name say what a text is. */
export function namedFormat({ source }: Pick<ProfileText, 'source'>, { words }: Settings) {
  return { fileName: source, named: words.from as InputFormat | undefined };
}

/** The words of a text by what they are, for its colours. JSON has its own grammar in the editor. */
export function textTokens(profile: ProfileText, settings: Settings): TextTokens {
  const { text } = profile;
  const format = editorFormat(text, namedFormat(profile, settings));
  const tokens = format.syntax === 'yaml' ? yamlTokens(text) : semanticTokens(text, format);
  const places = new Uint32Array(3 * tokens.length);
  tokens.forEach(({ from, to, type }, index) => {
    places.set([from, to, TOKEN_TYPES.indexOf(type)], 3 * index);
  });
  return { types: TOKEN_TYPES, places };
}
