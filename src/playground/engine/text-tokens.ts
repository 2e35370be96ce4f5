import { editorFormat } from '../../editor/editor-format.js';
import { type SemanticToken, semanticTokens } from '../../editor/semantic-tokens.js';
import { yamlTokens } from '../../editor/yaml-tokens.js';
import type { InputFormat } from '../../profile/formats/index.js';
import type { ProfileText, Settings } from './protocol.js';

/** How the settings and the name say what a text is. */
export function namedFormat({ source }: Pick<ProfileText, 'source'>, { words }: Settings) {
  return { fileName: source, named: words.from as InputFormat | undefined };
}

/** The words of a text by what they are, for its colours. JSON has its own grammar in the editor. */
export function textTokens(profile: ProfileText, settings: Settings): readonly SemanticToken[] {
  const { text } = profile;
  const format = editorFormat(text, namedFormat(profile, settings));
  return format.syntax === 'yaml' ? yamlTokens(text) : semanticTokens(text, format);
}
