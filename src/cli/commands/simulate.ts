import { type Command, InvalidArgumentError as InvalidOption, Option } from 'commander';
import { formatAction, isSameAction } from '../../action.js';
import type { Architecture } from '../../architecture.js';
import { type ParsedCall, parseCall } from '../../bpf/execution/parse-call.js';
import {
  type DisassemblyLine,
  disassemble,
  formatDisassembly,
  type ProgramInput,
  type Simulation,
  simulate,
} from '../../bpf/index.js';
import { type Libseccomp, loadLibseccompSync } from '../../libseccomp/index.js';
import { syscallNaming } from '../../libseccomp/syscall-naming.js';
import type { Action } from '../../policy.js';
import { withAndWithout } from '../../profile/resolve/assumed-capabilities.js';
import { unfilteredNotes } from '../../syscalls/unfiltered-calls.js';
import { targetsOf } from '../arch-option.js';
import { compileOptions } from '../compile-options.js';
import { compileForTargets, compileWithUsualCapabilities } from '../compile-targets.js';
import { isProgram, readFilterInput } from '../filter-input.js';
import { listingColors } from '../listing-colors.js';
import { addOptions, COMPILE_OPTIONS, type FlagsOf, INPUT_OPTIONS } from '../options.js';
import { jsonPerTarget, print, printPainted } from '../output.js';
import { profileOfInput } from '../read-input-profile.js';

const OPTIONS = {
  ip: new Option('--ip <address>', 'where the call is made: the instruction pointer').argParser(parseAddress),
  trace: new Option('--trace', 'also the instructions executed'),
  json: true,
  arch: true,
  ...INPUT_OPTIONS,
  ...COMPILE_OPTIONS,
} as const;

interface Flags extends FlagsOf<typeof OPTIONS> {
  ip?: bigint;
  trace?: boolean;
}

export function addSimulateCommand(program: Command): void {
  const command = program
    .command('simulate')
    .summary('what a filter decides on one system call')
    .description('Show which action a profile or a compiled program takes on one system call. Exit 0: answered.')
    .argument('<input>', 'a profile, or a compiled program of any tool; "-" is standard input')
    .argument('<syscall>', 'a name or a number')
    .argument('[args...]', 'in order or as name=value: 12, 0xc, -1, AF_UNIX, flags=O_RDWR|O_CLOEXEC; left out: 0');
  addOptions(command, OPTIONS).action(run);
}

async function run(path: string, syscall: string, args: string[], flags: Flags): Promise<void> {
  const libseccomp = loadLibseccompSync();
  const targets = targetsOf(flags);
  const naming = syscallNaming(libseccomp);
  const instructionPointer = flags.ip ?? 0n;
  const calls = targets.map((architecture) =>
    parseCall({ syscall, args, architecture, instructionPointer, ...naming }),
  );
  const { programs, usual } = await read(path, targets, flags, libseccomp);
  const answers = targets.map((architecture, index) => {
    const [call, program] = [calls[index] as ParsedCall, programs[index] as ProgramInput];
    const { endianness } = architecture;
    const { path: executed = [], ...decided } = simulate(program, call.data, { endianness, trace: true });
    const lines = flags.trace ? disassemble(program, { architectures: [architecture.name], ...naming }) : [];
    const trace = executed.flatMap((index) => lines[index] ?? []);
    const other = usual[index] && simulate(usual[index], call.data, { endianness }).action;
    const withUsual = other && !isSameAction(other, decided.action) ? other : undefined;
    return { architecture, call, ...decided, instructions: executed.length, trace, withUsual };
  });
  if (flags.json) {
    print(jsonPerTarget(answers.map((answer) => resultJson(answer, flags))));
    return;
  }
  for (const { architecture, call, action, trace, withUsual } of answers) {
    const decided = formatAction(action, architecture.name);
    const text = withUsual ? withAndWithout(decided, formatAction(withUsual, architecture.name)) : decided;
    print(`${architecture.name}: ${describe(call)}: ${text}\n`);
    for (const note of notesOn(architecture, call)) print(`    ${note}\n`);
    if (flags.trace) printPainted(formatDisassembly(trace, { paint: listingColors() }));
  }
}

interface SimulateResult extends Pick<Simulation, 'action' | 'returnValue'> {
  architecture: Architecture;
  call: ParsedCall;
  instructions: number;
  trace: readonly DisassemblyLine[];
  /** With Docker's default capabilities. Set where the caller named none and the decision differs. */
  withUsual: Action | undefined;
}

function resultJson(answer: SimulateResult, flags: Flags): object {
  const { architecture, call, action, returnValue, instructions, trace, withUsual } = answer;
  const { data, name } = call;
  const notes = notesOn(architecture, call);
  return {
    architecture: architecture.name,
    syscall: { ...(name !== undefined && { name }), number: data.nr },
    args: data.args.map(hex),
    instructionPointer: hex(data.instructionPointer),
    action,
    returnValue,
    ...(withUsual && { withDockerCapabilities: withUsual }),
    ...(notes.length > 0 && { notes }),
    instructions,
    ...(flags.trace && {
      trace: trace.map(({ index, text, comment }) => ({ index, text, ...(comment !== undefined && { comment }) })),
    }),
  };
}

/** What the kernel does, whatever the filter says. */
const notesOn = ({ name }: Architecture, { data }: ParsedCall) =>
  unfilteredNotes(name, ({ number }) => number === data.nr);

/** The program for each target, and the one with Docker's default capabilities where that differs. */
async function read(
  path: string,
  targets: readonly Architecture[],
  flags: Flags,
  libseccomp: Libseccomp,
): Promise<{ programs: readonly ProgramInput[]; usual: readonly (ProgramInput | undefined)[] }> {
  const input = await readFilterInput(path, flags);
  if (isProgram(input.bytes)) return { programs: targets.map(() => input.bytes), usual: [] };
  const parsed = await profileOfInput(input, flags);
  const options = { ...(await compileOptions(flags)), libseccomp };
  return {
    programs: compileForTargets(parsed, targets, options),
    usual: compileWithUsualCapabilities(parsed, targets, options),
  };
}

function describe({ data: { nr, args }, name, parameters }: ParsedCall): string {
  // A call without a name may take any arguments.
  const count = name === undefined ? 6 : parameters.length;
  const list = args.flatMap((value, index) =>
    index < count || value !== 0n ? `${parameters[index]?.name ?? `a${index}`}=${hex(value)}` : [],
  );
  return `${name ?? nr}(${list.join(', ')})`;
}

const hex = (value: bigint) => `0x${value.toString(16)}`;

function parseAddress(text: string): bigint {
  if (!/^(\d{1,20}|0x[\da-f]{1,16})$/i.test(text) || BigInt(text) >= 1n << 64n) {
    throw new InvalidOption('give an address of 64 bits, as 0x7f0000001000');
  }
  return BigInt(text);
}
