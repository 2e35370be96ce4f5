import { readFileSync } from 'node:fs';

/** What the kernel declares of one parameter. */
export interface KernelParameter {
  text: string;
  pointer: boolean;
  /** Of a machine with 64-bit registers. */
  bits: 16 | 32 | 64;
}

const BITS: Readonly<Record<string, 16 | 32 | 64>> = {
  ...types(16, 'umode_t', 'old_uid_t', 'old_gid_t'),
  ...types(
    32,
    'int',
    'unsigned',
    'unsigned int',
    'enum',
    'u32',
    '__u32',
    '__s32',
    'uint32_t',
    'pid_t',
    'uid_t',
    'gid_t',
  ),
  ...types(32, 'key_t', 'key_serial_t', 'clockid_t', 'timer_t', 'mqd_t', 'qid_t', 'rwf_t'),
  ...types(64, 'long', 'unsigned long', 'size_t', 'loff_t', 'off_t', 'u64', '__u64', 'aio_context_t', 'old_sigset_t'),
};
const POINTER_TYPES = /\b(cap_user_header_t|cap_user_data_t|__sighandler_t)\b/;

function types(bits: 16 | 32 | 64, ...names: string[]) {
  return Object.fromEntries(names.map((name) => [name, bits]));
}

function parseParameter(text: string): KernelParameter {
  if (text.includes('*') || POINTER_TYPES.test(text)) return { text, pointer: true, bits: 64 };
  const words = text
    .replace(/\b(const|__user|volatile)\b/g, '')
    .trim()
    .split(/\s+/);
  const candidates = [words.join(' '), words.slice(0, -1).join(' '), words[0]!];
  const type = candidates.find((candidate) => candidate in BITS);
  if (type === undefined) throw new Error(`unknown type in the prototype: ${text}`);
  return { text, pointer: false, bits: BITS[type]! };
}

/** Every `sys_…` of include/linux/syscalls.h; several prototypes where the configuration decides. */
export function readKernelPrototypes(path: string): Map<string, KernelParameter[][]> {
  const text = readFileSync(path, 'utf8').replace(/\/\*.*?\*\//gs, '');
  const prototypes = new Map<string, KernelParameter[][]>();
  for (const [, name, list] of text.matchAll(/^asmlinkage\s+[\w\s*]*?\bsys_(\w+)\s*\(([^;]*?)\)\s*;/gm)) {
    const parameters = list!.replace(/\s+/g, ' ').trim();
    const parsed = parameters === 'void' || parameters === '' ? [] : parameters.split(/\s*,\s*/).map(parseParameter);
    prototypes.set(name!, [...(prototypes.get(name!) ?? []), parsed]);
  }
  return prototypes;
}
