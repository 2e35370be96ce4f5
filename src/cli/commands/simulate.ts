import { type Command, InvalidArgumentError as InvalidOption, Option } from 'commander';
import { formatAction, isSameAction, isStricter } from '../../action.js';
import type { Architecture } from '../../architecture.js';
import { type ParsedCall, parseCall } from '../../bpf/execution/parse-call.js';
import { type DisassemblyLine, disassemble, formatDisassembly, type Simulation, simulate } from '../../bpf/index.js';
import { loadLibseccompSync } from '../../libseccomp/index.js';
import { syscallNaming } from '../../libseccomp/syscall-naming.js';
import type { Action } from '../../policy.js';
import { withAndWithout } from '../../profile/resolve/assumed-capabilities.js';
import { isMultiplexer } from '../../syscalls/multiplexed-calls.js';
import { unfilteredNotes } from '../../syscalls/unfiltered-calls.js';
import { printable } from '../../text.js';
import { targetsOf } from '../arch-option.js';
import { FILTER_ARGUMENT, type LayerFilter, layersFor, readFilterStack } from '../filter-stack.js';
import { listingColors } from '../listing-colors.js';
import { addOptions, COMPILE_OPTIONS, type FlagsOf, INPUT_OPTIONS } from '../options.js';
import { jsonPerTarget, print, printPainted } from '../output.js';

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
    .argument('<input>', FILTER_ARGUMENT)
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
  const { filters } = await readFilterStack(path, flags);
  // A number may have several names, and behind a multiplexer are other calls.
  const isAsked = (name: string, number: number | undefined, architecture: Architecture) => {
    const call = calls[targets.indexOf(architecture)] as ParsedCall;
    return name === call.name || number === call.data.nr || (call.name !== undefined && isMultiplexer(call.name));
  };
  const layers = await layersFor(filters, targets, flags, libseccomp, isAsked);
  const answers = targets.map((architecture, index): SimulateResult => {
    const call = calls[index] as ParsedCall;
    const each = (layers[index] as LayerFilter[]).map(({ source, program, withUsual }): LayerResult => {
      const { endianness } = architecture;
      const { path: executed = [], ...decided } = simulate(program, call.data, { endianness, trace: true });
      const lines = flags.trace ? disassemble(program, { architectures: [architecture.name], ...naming }) : [];
      const trace = executed.flatMap((index) => lines[index] ?? []);
      const usually = withUsual ? simulate(withUsual, call.data, { endianness }).action : decided.action;
      return { source, ...decided, usually, instructions: executed.length, trace };
    });
    const { action, returnValue } = strictest(each, ({ action }) => action);
    const { usually } = strictest(each, ({ usually }) => usually);
    const withUsual = isSameAction(usually, action) ? undefined : usually;
    return { architecture, call, action, returnValue, withUsual, layers: each };
  });
  if (flags.json) {
    print(jsonPerTarget(answers.map((answer) => resultJson(answer, flags))));
    return;
  }
  for (const { architecture, call, action, layers, withUsual } of answers) {
    const words = (action: Action, withUsual: Action | undefined) => {
      const decided = formatAction(action, architecture.name);
      return withUsual ? withAndWithout(decided, formatAction(withUsual, architecture.name)) : decided;
    };
    print(`${architecture.name}: ${describe(call)}: ${words(action, withUsual)}\n`);
    for (const note of notesOn(architecture, call)) print(`    ${note}\n`);
    for (const { source, action, usually, trace } of layers) {
      if (layers.length > 1) {
        print(`    ${printable(source)}: ${words(action, isSameAction(usually, action) ? undefined : usually)}\n`);
      }
      if (flags.trace) printPainted(formatDisassembly(trace, { paint: listingColors() }));
    }
  }
}

/** What one filter of a stack answers. */
interface LayerResult extends Pick<Simulation, 'action' | 'returnValue'> {
  source: string;
  /** With Docker's default capabilities, where the caller named none. */
  usually: Action;
  instructions: number;
  trace: readonly DisassemblyLine[];
}

interface SimulateResult extends Pick<Simulation, 'action' | 'returnValue'> {
  architecture: Architecture;
  call: ParsedCall;
  /** With Docker's default capabilities. Set where the caller named none and the decision differs. */
  withUsual: Action | undefined;
  /** In the order of installation. */
  layers: readonly LayerResult[];
}

/** The answer that the kernel obeys: the strictest, and of two alike that of the filter installed last (`stackDecisions`). */
function strictest(layers: readonly LayerResult[], actionOf: (layer: LayerResult) => Action): LayerResult {
  return layers.reduce((older, newer) => (isStricter(actionOf(older), actionOf(newer)) ? older : newer));
}

function resultJson(answer: SimulateResult, flags: Flags): object {
  const { architecture, call, action, returnValue, layers, withUsual } = answer;
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
    ...(layers.length > 1
      ? { filters: layers.map(({ source, action, ...layer }) => ({ source, action, ...executedJson(layer, flags) })) }
      : executedJson(layers[0] as LayerResult, flags)),
  };
}

const executedJson = ({ instructions, trace }: Pick<LayerResult, 'instructions' | 'trace'>, flags: Flags) => ({
  instructions,
  ...(flags.trace && {
    trace: trace.map(({ index, text, comment }) => ({ index, text, ...(comment !== undefined && { comment }) })),
  }),
});

/** What the kernel does, whatever the filter says. */
const notesOn = ({ name }: Architecture, { data }: ParsedCall) =>
  unfilteredNotes(name, ({ number }) => number === data.nr);

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
