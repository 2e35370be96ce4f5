import { ADVICE } from '../profile/formats/advice-list.js';
import { traitsOf } from '../profile/formats/index.js';
import { NARROWINGS } from '../profile/formats/narrowings.js';
import type { FormatParts } from './check-targets.js';
import { isJsonText, jsonTextEditor } from './json-editor.js';
import { linesEditor } from './lines-editor.js';
import { keysEditor } from './profile-editor.js';
import { seccompilerEditor } from './seccompiler-editor.js';
import { yamlEditor } from './yaml-editor.js';

/** The advice of every format, and what edits its texts for fixes: OCI's entries, in JSON or YAML, seccompiler's rules, or lines. */
export const EVERY_FORMAT: FormatParts = {
  adviceOf: (format) => ADVICE[format],
  editorOf: (profile, text) => {
    const narrowing = NARROWINGS[profile.format];
    if (narrowing) return linesEditor(text, narrowing);
    const { entrySyntax } = traitsOf(profile);
    if (entrySyntax === 'seccompiler') return seccompilerEditor(text);
    if (isJsonText(text)) return jsonTextEditor(profile, text);
    return entrySyntax === undefined ? keysEditor(yamlEditor(text)) : undefined;
  },
};
