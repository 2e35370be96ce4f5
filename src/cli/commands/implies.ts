import type { Command } from 'commander';
import { formatAction } from '../../action.js';
import { type ArchitectureName, auditArchitecture, callArchitecture, parseArchitecture } from '../../architecture.js';
import { type DecidedCall, type Implication, implies } from '../../bpf/decisions/compare.js';
import type { SeccompData } from '../../bpf/execution/simulate.js';
import { type Libseccomp, loadLibseccompSync } from '../../libseccomp/index.js';
import { withAndWithout } from '../../profile/resolve/assumed-capabilities.js';
import { unfilteredNotes } from '../../syscalls/unfiltered-calls.js';
import { printable } from '../../text.js';
import { addComparisonOptions, type ComparisonFlags, readBoth, unseenByBoth } from '../comparison-inputs.js';
import { inputJson } from '../difference-json.js';
import { ExitCode } from '../exit-code.js';
import { print } from '../output.js';
import { explainingComplexity } from '../too-complex.js';

export function addImpliesCommand(program: Command): void {
  const command = program
    .command('implies')
    .summary('whether a filter is nowhere more permissive than another')
    .description(
      'Prove that A lets no call do more than B does, or show one that it does. ' +
        'Exit 0: it is nowhere more permissive; 1: it is somewhere, or that is not known; 2: unusable input.',
    );
  addComparisonOptions(command).action(run);
}

async function run(a: string, b: string, flags: ComparisonFlags): Promise<void> {
  const libseccomp = loadLibseccompSync();
  const { names, filters, pairs } = await readBoth([a, b], flags, libseccomp);
  const answers = pairs.map(({ target, machine, programs, usual }): ImpliesResult => {
    const unseen = unseenByBoth(programs, machine);
    const answered = (both: typeof programs) => {
      const answer = explainingComplexity(filters, () => implies(...both));
      return unseen ? onMachine(answer, machine) : shownOn(answer, machine);
    };
    const withUsual = usual && answered(usual);
    return { target, unseen, ...answered(programs), ...(withUsual && { withUsual }) };
  });
  const worst = answers.find(({ holds }) => !holds);
  if (worst) process.exitCode = ExitCode.NO;
  if (flags.json) {
    const each = answers.length > 1 ? { targets: answers.map(resultJson) } : {};
    const shown = worst ?? answers.find((answer) => answer.holds && answer.sameRank) ?? { holds: true as const };
    print(`${JSON.stringify({ ...resultJson(shown), ...each }, null, 2)}\n`);
    return;
  }
  const [first, second] = names.map((name) => printable(name));
  const describe = (answer: Implication): string => {
    const decided = (call: DecidedCall) => {
      const actions = actionsOf(call);
      return `${describeCall(call.data, libseccomp)}: ${actions.a} in ${first}, ${actions.b} in ${second}`;
    };
    if (!answer.holds) return `${first} is more permissive than ${second}: ${decided(answer.counterexample)}`;
    const { sameRank } = answer;
    return `${first} is nowhere more permissive than ${second}${sameRank ? `, and not equal to it: ${decided(sameRank)}, which lets the call do the same` : ''}`;
  };
  for (const { target, unseen, withUsual, ...answer } of answers) {
    const said = describe(answer);
    const usually = withUsual ? describe(withUsual) : said;
    const hasCall = !answer.holds || answer.sameRank !== undefined;
    const onCalls = [answer, ...(withUsual ? [withUsual] : [])].flatMap(notesOn);
    const notes = new Set([...(unseen && hasCall ? [unseen] : []), ...onCalls].map((note) => `    ${note}\n`));
    const text = said === usually ? said : withAndWithout(said, usually);
    print(`${target ? `compiled for ${target}: ` : ''}${text}\n${[...notes].join('')}`);
  }
}

/** The same of programs that decide alike on every architecture, with calls of this machine. */
function onMachine(answer: Implication, machine: ArchitectureName): Implication {
  const { auditArch } = parseArchitecture(machine);
  const there = <T extends DecidedCall>(call: T): T => ({ ...call, data: { ...call.data, arch: auditArch } });
  if (!answer.holds) return { ...answer, counterexample: there(answer.counterexample) };
  return answer.sameRank ? { ...answer, sameRank: there(answer.sameRank) } : answer;
}

/** The same with a counterexample of this machine, where one of its calls is let do more. */
function shownOn(answer: Implication, machine: ArchitectureName): Implication {
  const own = answer.holds ? undefined : answer.witnesses.find(({ architecture }) => architecture === machine);
  if (answer.holds || own === undefined) return answer;
  const { data, a, b } = own;
  return { ...answer, counterexample: { data, a, b } };
}

type ImpliesResult = Implication & {
  target?: ArchitectureName | undefined;
  /** A sentence, where neither looks at the architecture. */
  unseen?: string | undefined;
  /** With Docker's default capabilities. Set where the caller named none and the filters differ. */
  withUsual?: Implication;
};

function resultJson({ target, unseen: _, withUsual, ...answer }: ImpliesResult): object {
  return {
    ...(target && { target }),
    holds: answer.holds,
    ...(withUsual && { withDockerCapabilities: resultJson(withUsual) }),
    ...(answer.holds
      ? answer.sameRank && { sameRank: decidedJson(answer.sameRank) }
      : { counterexample: decidedJson(answer.counterexample) }),
  };
}

const decidedJson = (call: DecidedCall) => {
  const notes = notesOnCall(call);
  return { ...inputJson(call.data), ...actionsOf(call), ...(notes.length > 0 ? { notes } : {}) };
};

/** What the kernel does with the call, whatever filters say. */
function notesOn(answer: Implication): string[] {
  const call = answer.holds ? answer.sameRank : answer.counterexample;
  return call ? notesOnCall(call) : [];
}

const notesOnCall = ({ data }: DecidedCall) =>
  unfilteredNotes(architectureOf(data)?.name, ({ number }) => number === data.nr);

function actionsOf({ data, a, b }: DecidedCall): { a: string; b: string } {
  const architecture = architectureOf(data)?.name;
  return { a: formatAction(a, architecture), b: formatAction(b, architecture) };
}

/** Of a number that no call has, which a negative one is, only the AUDIT_ARCH says anything. */
function architectureOf({ arch, nr }: SeccompData) {
  return (nr | 0) < 0 ? auditArchitecture(arch) : callArchitecture(arch, nr);
}

function describeCall(data: SeccompData, libseccomp: Libseccomp): string {
  const { arch, nr, args, instructionPointer } = data;
  const architecture = architectureOf(data);
  const signed = nr | 0;
  const name = architecture && signed >= 0 ? libseccomp.resolveSyscallNumber(signed, architecture) : undefined;
  const values = args.map((value) => `0x${value.toString(16)}`).join(', ');
  const place = instructionPointer === 0n ? '' : ` from 0x${instructionPointer.toString(16)}`;
  return `on ${architecture?.name ?? `architecture 0x${arch.toString(16)}`}, ${name ?? `call ${signed}`}(${values})${place}`;
}
