/** What a file of a profile is called: JSON and YAML go by the text, the languages by their own. */
const EXTENSIONS: Readonly<Record<string, readonly string[]>> = {
  systemd: ['service', 'socket', 'mount', 'swap', 'scope', 'slice', 'conf'],
  nspawn: ['nspawn'],
  list: ['list', 'txt'],
  minijail: ['policy'],
  'minijail-py': ['policy'],
  kafel: ['kafel', 'policy'],
  nsjail: ['cfg'],
  lxc: ['seccomp'],
  snapd: ['src'],
  firejail: ['profile', 'local', 'inc'],
};

const JSON_NAMES = ['json'];
const YAML_NAMES = ['yaml', 'yml'];

/**
 * The name of a text whose format has become another one, as by a paste: it follows the format, so that downloads do.
 * A name that fits stays. A program has many forms, and keeps its name.
 */
export function fittingName(name: string, format: string, text: { slice(from: number, to: number): string }): string {
  if (format.startsWith('program')) return name;
  const isJson = /^\s*[{["]/.test(text.slice(0, 200));
  const fitting = EXTENSIONS[format] ?? (isJson ? JSON_NAMES : YAML_NAMES);
  const extension = /\.(\w+)$/.exec(name)?.[1];
  return extension !== undefined && fitting.includes(extension) ? name : `profile.${fitting[0]}`;
}
