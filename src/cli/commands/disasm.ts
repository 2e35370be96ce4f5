import { type Command, Option } from 'commander';
import type { ArchitectureName } from '../../architecture.js';
import {
  type DisassemblyLine,
  disassemble,
  type Endianness,
  formatAssembly,
  formatDisassembly,
} from '../../bpf/index.js';
import { InvalidArgumentError } from '../../errors.js';
import { loadLibseccompSync } from '../../libseccomp/index.js';
import { syscallNaming } from '../../libseccomp/syscall-naming.js';
import { printable } from '../../text.js';
import { byteOrderOf } from '../arch-option.js';
import { isProgram, readFilterInput } from '../filter-input.js';
import { listingColors } from '../listing-colors.js';
import { addOptions, type FlagsOf, jsonFormatOption } from '../options.js';
import { print, printPainted } from '../output.js';

type DisasmFormat = 'text' | 'json' | 'asm';

const OPTIONS = {
  format: new Option('--format <format>', 'text: a listing; asm: source to edit')
    .choices(['text', 'json', 'asm'])
    .default('text'),
  json: jsonFormatOption(),
  arch: 'the architecture, where the program itself does not say',
} as const;

interface Flags extends FlagsOf<typeof OPTIONS> {
  format: DisasmFormat;
}

export function addDisasmCommand(program: Command): void {
  const command = program
    .command('disasm')
    .summary('show a compiled program')
    .description(
      'Show a compiled seccomp program of any tool, with system calls, arguments, actions and errnos by name. scmp asm reads text and asm back to the same program.',
    )
    .argument('<file>', 'raw struct sock_filter, as scmp compile and libseccomp write it; "-" is standard input');
  addOptions(command, OPTIONS).action(disasm);
}

async function disasm(path: string, flags: Flags): Promise<void> {
  const { bytes, source } = await readFilterInput(path, flags);
  if (!isProgram(bytes)) {
    throw new InvalidArgumentError(
      `${printable(source)}: this is no seccomp program (8 bytes an instruction); for a profile use scmp compile --format asm`,
    );
  }
  const architectures = flags.arch;
  const endianness = byteOrderOf(bytes, flags);
  const lines = disassemble(bytes, { endianness, architectures, ...syscallNaming(loadLibseccompSync()) });
  const format = flags.json ? 'json' : flags.format;
  const text = render(lines, { architectures, endianness }, format);
  if (format === 'json') print(text);
  else printPainted(text);
}

function render(
  lines: readonly DisassemblyLine[],
  target: { architectures: readonly ArchitectureName[]; endianness: Endianness },
  format: DisasmFormat,
): string {
  if (format === 'json') {
    const instructions = lines.map(({ instruction, ...line }) => ({ ...line, ...instruction }));
    return `${JSON.stringify({ ...target, instructions }, null, 2)}\n`;
  }
  return (format === 'asm' ? formatAssembly : formatDisassembly)(lines, { target, paint: listingColors() });
}
