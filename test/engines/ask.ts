import { formatAction } from '../../src/action.js';
import { parseArchitecture, X32_SYSCALL_BIT } from '../../src/architecture.js';
import { createSimulator, type SeccompData } from '../../src/bpf/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import type { Shape } from './shapes.js';

const libseccomp = loadLibseccompSync();

/** `x86 kill(1, 9)` as what a filter sees. */
function parseCall(call: string): SeccompData {
  const [, arch = 'x86_64', name, list = ''] = /^(?:(\w+) )?(\w+)(?:\((.*)\))?$/.exec(call) ?? [];
  const architecture = parseArchitecture(arch);
  const number = libseccomp.resolveSyscallName(name!, architecture);
  if (number === undefined) throw new Error(`there is no ${call}`);
  const given = list === '' ? [] : list.split(',').map((word) => BigInt(word.trim()));
  const args = Array.from({ length: 6 }, (_, index) => given[index] ?? 0n);
  const nr = arch === 'x32' ? number | X32_SYSCALL_BIT : number;
  return { nr, arch: architecture.auditArch, instructionPointer: 0n, args: args as unknown as SeccompData['args'] };
}

/** What a program answers to what is asked of a shape, in one line. */
export function answersOf({ ask }: Pick<Shape, 'ask'>, program: Uint8Array): string {
  const simulator = createSimulator({ program, arches: ['x86_64'] });
  const answers = ask.map((call) => formatAction(simulator.simulate(parseCall(call)).action));
  return answers.map((answer) => answer.replace(/^ERRNO\((\w+)\)$/, '$1')).join(', ');
}
