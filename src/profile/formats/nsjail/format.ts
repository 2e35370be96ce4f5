import type { LinesFormat } from '../format.js';

/** A setting of nsjail's config.proto, at the beginning of its line. */
const SETTING =
  /^[ \t]*(?:seccomp_(?:string|policy_file|log)[ \t]*:|(?:mount|exec_bin|uidmap|gidmap)[ \t]*:?[ \t]*\{|mode[ \t]*:[ \t]*(?:ONCE|LISTEN|EXECVE|RERUN)\b|clone_new\w+[ \t]*:[ \t]*(?:true|false)\b)/;

const JSON_SETTING = /"seccomp(?:String|_string|PolicyFile|_policy_file)"\s*:/;
/** What a profile of OCI's or Docker's has, and a configuration of nsjail has not. */
const PROFILE_KEY = /"(?:defaultAction|ociVersion|linux)"\s*:/;

/** nsjail's configuration in protobuf's text format or JSON, with a kafel policy in it. */
export const nsjail = {
  id: 'nsjail',
  title: 'nsjail',
  phrase: 'a configuration of nsjail',
  syntax: 'lines',
  looksLikeYaml: 'text',
  sign: (line) => SETTING.test(line),
  inJson: (text) => JSON_SETTING.test(text) && !PROFILE_KEY.test(text),
  embeds: 'kafel',
  traits: { entrySyntax: 'nsjail' },
  output: { extension: 'cfg', note: 'settings for a configuration of nsjail', x32ByDefault: true, hasTrapData: true },
} as const satisfies LinesFormat;
