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

/** The forms of a program, as the page names them: `program (hex)`. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  source: ['c', 'h', 'rs', 'go', 'py'],
  hex: ['hex', 'txt'],
  'hex dump': ['hex', 'txt'],
  base64: ['base64', 'txt'],
  decimal: ['txt'],
  json: ['json'],
  listing: ['asm', 'bpf', 'txt'],
  assembler: ['asm', 'bpf', 'txt'],
};

const JSON_NAMES = ['json'];
const YAML_NAMES = ['yaml', 'yml'];

/**
 * The name of a text whose format has become another one, as by a paste: it follows the format, so that downloads do.
 * A name that fits stays.
 */
export function fittingName(name: string, format: string, text: { slice(from: number, to: number): string }): string {
  const extension = /\.(\w+)$/.exec(name)?.[1];
  const named = (stem: string, fitting: readonly string[]) =>
    extension !== undefined && fitting.includes(extension) ? name : `${stem}.${fitting[0]}`;
  const form = /^program \((.*)\)$/.exec(format)?.[1];
  if (form !== undefined) return named('filter', PROGRAMS[form] ?? ['txt']);
  const isJson = /^\s*[{["]/.test(text.slice(0, 200));
  return named('profile', EXTENSIONS[format] ?? (isJson ? JSON_NAMES : YAML_NAMES));
}
