import type { Command } from 'commander';
import type { ArchitectureName } from '../architecture.js';
import { disassemble, formatDisassembly } from '../bpf/index.js';
import { InvalidArgumentError } from '../errors.js';
import { loadLibseccompSync } from '../libseccomp/index.js';
import { isProgram, readInput } from './input.js';
import { parseArchOption } from './options.js';
import { print } from './output.js';
import { syscallNames } from './syscall-names.js';

export function addDisasmCommand(program: Command): void {
  program
    .command('disasm')
    .summary('show a compiled program')
    .description('Show a compiled seccomp program, with system calls, actions and errnos by name.')
    .argument('<file>', 'raw struct sock_filter, as scmp compile and libseccomp write it; "-" is standard input')
    .option('--arch <arch>', 'the architecture, where the program itself does not say', parseArchOption)
    .action(disasm);
}

function disasm(path: string, { arch }: { arch?: ArchitectureName }): void {
  const { bytes, source } = readInput(path);
  if (!isProgram(bytes)) {
    throw new InvalidArgumentError(
      `${source}: this is no seccomp program (8 bytes an instruction); for a profile use scmp compile --format asm`,
    );
  }
  const lines = disassemble(bytes, {
    ...(arch ? { architectures: [arch] } : {}),
    syscallName: syscallNames(loadLibseccompSync()),
  });
  print(formatDisassembly(lines));
}
