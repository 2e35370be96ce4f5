import { spawnSync } from 'node:child_process';

/**
 * What a C compiler makes of constants: each name's value, 64 bits, sign-extended where it is a negative int. Names the
 * headers do not declare are not in the answer. Nothing is run, so headers of any architecture will do.
 */
export function cValues(names: readonly string[], headers: readonly string[], args: readonly string[]) {
  const missing = new Set<string>();
  for (;;) {
    const asked = names.filter((name) => !missing.has(name));
    const source = [
      // Older headers lack whole files; the caller sees which names that costs.
      ...headers.map((header) => `#if __has_include(<${header}>)\n#include <${header}>\n#endif`),
      ...asked.map((name, index) => `const unsigned long long value_${index} = (unsigned long long) (${name});`),
    ].join('\n');
    const gcc = spawnSync('gcc', [...args, '-w', '-fmax-errors=0', '-x', 'c', '-S', '-o', '-', '-'], {
      input: source,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    if (gcc.error) throw gcc.error;
    if (gcc.status === 0) return readValues(gcc.stdout, asked);
    const undeclared = [...gcc.stderr.matchAll(/‘(\w+)’ undeclared|'(\w+)' undeclared/g)].map(([, a, b]) => a ?? b!);
    if (undeclared.length === 0) throw new Error(gcc.stderr.slice(0, 4000));
    for (const name of undeclared) {
      if (!asked.includes(name)) throw new Error(`${name} is undeclared:\n${gcc.stderr.slice(0, 2000)}`);
      missing.add(name);
    }
  }
}

function readValues(assembly: string, names: readonly string[]): Map<string, bigint> {
  const values = new Map<string, bigint>();
  for (const [, index, body] of assembly.matchAll(/^value_(\d+):\n((?:\t\.(?:quad|long|zero)\t.*\n)+)/gm)) {
    const [low = 0n, high] = [...body!.matchAll(/\.(quad|long|zero)\t(-?\d+)/g)].map(([, kind, number]) =>
      kind === 'zero' ? 0n : BigInt(number!),
    );
    const value = high === undefined ? low : BigInt.asUintN(32, low) | (high << 32n);
    values.set(names[Number(index)]!, BigInt.asUintN(64, value));
  }
  if (values.size !== names.length) throw new Error('not every value was found in the assembly');
  return values;
}
