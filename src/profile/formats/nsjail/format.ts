import type { LinesFormat } from '../format.js';

/** A setting of nsjail's config.proto, at the beginning of its line. */
const SETTING =
  /^[ \t]*(?:seccomp_(?:string|policy_file|log)[ \t]*:|(?:mount|exec_bin|uidmap|gidmap)[ \t]*:?[ \t]*\{|mode[ \t]*:[ \t]*(?:ONCE|LISTEN|EXECVE|RERUN)\b|clone_new\w+[ \t]*:[ \t]*(?:true|false)\b)/;

/** nsjail's configuration in protobuf's text format, with a kafel policy in it. */
export const nsjail = {
  id: 'nsjail',
  title: 'nsjail',
  phrase: 'a configuration of nsjail',
  syntax: 'lines',
  looksLikeYaml: 'text',
  sign: (line) => SETTING.test(line),
  traits: { entrySyntax: 'nsjail' },
  output: { extension: 'cfg', note: 'settings for a configuration of nsjail', x32ByDefault: true, hasTrapData: true },
} as const satisfies LinesFormat;
