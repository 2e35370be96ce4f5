import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { encodeAction } from '../../src/action.js';
import { type Architecture, parseArchitecture } from '../../src/architecture.js';
import type { FilterOperation } from '../../src/compiler/index.js';
import type { Action } from '../../src/policy.js';

/** Native libseccomp behind a line protocol; see oracle.c for the operations. Built by `./build.sh --native`. */
const ORACLE = fileURLToPath(new URL('../../build/oracle', import.meta.url));

export function requireOracle(): void {
  if (!existsSync(ORACLE)) throw new Error('build/oracle is missing: run ./build.sh --native (npm test does)');
}

/** The same, cross-compiled for s390x and run by qemu: libseccomp as it is on a big-endian machine. */
export const ORACLE_S390X: readonly [string, string] = ['qemu-s390x-static', `${ORACLE}-s390x`];

/** Run operations on native libseccomp in a fresh process; one answer per line. `oracle`: a program and its arguments. */
export function askOracle(lines: readonly string[], oracle: string | readonly string[] = ORACLE): string[] {
  const [command = '', ...args] = typeof oracle === 'string' ? [oracle] : oracle;
  const input = lines.map((line) => `${line}\n`).join('');
  return execFileSync(command, args, { input, maxBuffer: 1 << 28 })
    .toString()
    .trimEnd()
    .split('\n');
}

/** Seconds that each of `runs` runs of the operations took natively, in one process, without starting or parsing. */
export function timeOracle(lines: readonly string[], runs: number): number[] {
  const input = lines.map((line) => `${line}\n`).join('');
  return execFileSync(ORACLE, [`${runs}`], { input })
    .toString()
    .trimEnd()
    .split('\n')
    .map(Number);
}

const OPERATORS = { NE: 1, LT: 2, LE: 3, EQ: 4, GE: 5, GT: 6, MASKED_EQ: 7 } as const;

/** A plan in the oracle's words: the filter of context 0, from init to the exported program. */
export function oracleLines(
  operations: readonly FilterOperation[],
  { defaultAction, arch }: { defaultAction: Action; arch: Architecture | string },
): string[] {
  const { token } = typeof arch === 'string' ? parseArchitecture(arch) : arch;
  return [
    `native ${token}`,
    `init 0 ${encodeAction(defaultAction)}`,
    ...operations.map((operation) => {
      switch (operation.kind) {
        case 'addArchitecture':
          return `arch_add 0 ${operation.architecture.token}`;
        case 'setAttribute':
          if (operation.attribute !== 'CTL_OPTIMIZE') throw new Error(`no oracle words for ${operation.attribute}`);
          return `attr_set 0 8 ${operation.value}`;
        case 'addRule': {
          const comparisons = operation.conditions.map(
            ({ index, op, value, valueTwo }) => ` ${index} ${OPERATORS[op]} ${value} ${valueTwo}`,
          );
          const head = `rule 0 0 ${encodeAction(operation.action)} ${operation.syscall} ${operation.conditions.length}`;
          return head + comparisons.join('');
        }
        default:
          throw new Error('unknown operation');
      }
    }),
    'bpf 0',
  ];
}

/** The program at the end of {@link oracleLines}, every step of which must have succeeded. */
export function nativeProgram(lines: readonly string[], oracle: string | readonly string[] = ORACLE): Uint8Array {
  const answers = askOracle(lines, oracle);
  answers.slice(0, -1).forEach((answer, i) => {
    if (answer !== '0') throw new Error(`native libseccomp: ${lines[i]}: ${answer}`);
  });
  const [rc, hex = ''] = (answers.at(-1) as string).split(' ');
  if (rc !== '0') throw new Error(`native libseccomp: export: ${rc}`);
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}
