import type { Command } from 'commander';
import type { ArchitectureName } from '../../architecture.js';
import { policyTable } from '../../bpf/index.js';
import type { CompiledProfile } from '../../compiler/compile-parsed-profile.js';
import { InvalidArgumentError } from '../../errors.js';
import { type AskedFilter, answerCall, type CallAnswer, formatCallAnswer } from '../../explain/call-answer.js';
import { usualDecisions } from '../../explain/described-call.js';
import { rankOf } from '../../explain/format-comparison.js';
import { ARCHITECTURE_UNSEEN, listPolicy, shownFirst } from '../../explain/format-policy.js';
import { type NamedCall, type NamedPolicy, nameTable } from '../../explain/named-policy.js';
import { formatPolicyStatistics, policyStatistics } from '../../explain/policy-summary.js';
import { type Selection, selectPolicy } from '../../explain/select-answers.js';
import { type Libseccomp, loadLibseccompSync } from '../../libseccomp/index.js';
import { byteOrdersOf, headingAmong, targetsOf } from '../arch-option.js';
import { compileOptions } from '../compile-options.js';
import { compileEntriesForTargets, compileWithUsualCapabilities } from '../compile-targets.js';
import { ExitCode } from '../exit-code.js';
import { isProgram, readFilterInput } from '../filter-input.js';
import { listingColors } from '../listing-colors.js';
import { type ListingFlags, listingOptions, selectionOf } from '../listing-options.js';
import { addOptions, COMPILE_OPTIONS, type FlagsOf, INPUT_OPTIONS } from '../options.js';
import { jsonPerTarget, print, printError, printPainted } from '../output.js';
import { profileOfInput } from '../read-input-profile.js';
import { terminalColumns } from '../terminal.js';
import { unknownSyscall } from '../unknown-syscall.js';

const OPTIONS = {
  json: true,
  ...listingOptions({
    action: 'calls that can get this action alone: ERRNO, EPERM, TRACE(7), allowed, denied; repeatable',
    stat: 'how many calls get each action, instead of their names',
  }),
  arch: true,
  ...INPUT_OPTIONS,
  ...COMPILE_OPTIONS,
} as const;
type Flags = FlagsOf<typeof OPTIONS> & ListingFlags;

export function addExplainCommand(program: Command): void {
  const command = program
    .command('explain')
    .summary('what a profile or program allows, in words')
    .description(
      'Explain the whole policy of a profile or a compiled program, by architecture and action, with the conditions on arguments recovered from the program. Or explain one system call, with the lines of the profile that decide it. Exact: the program is evaluated for every input.',
    )
    .argument('<input>', 'a profile, or a compiled program of any tool; "-" is standard input')
    .argument('[syscall]', 'a name, or a number of this architecture');
  addOptions(command, OPTIONS).action(explain);
}

async function explain(path: string, syscall: string | undefined, flags: Flags): Promise<void> {
  const libseccomp = loadLibseccompSync();
  const selection = selectionOf(flags, libseccomp);
  if (syscall !== undefined && (selection || flags.stat)) {
    throw new InvalidArgumentError(
      'one system call is explained by itself: leave out --abi, --action, --call and --stat',
    );
  }
  const all = await read(path, flags, libseccomp);
  if (syscall === undefined) listAll(all, selection, flags, libseccomp);
  else answerAll(all, syscall, flags, libseccomp);
}

/** The explanation for one machine. */
interface Explained extends AskedFilter {
  /** Undefined where only one machine was asked for. */
  target: ArchitectureName | undefined;
  /** What the answer begins with, where the filter distinguishes it. */
  machine: ArchitectureName;
}

const heading = ({ target }: Explained) => (target ? `compiled for ${target}:\n` : '');

function listAll(
  all: readonly Explained[],
  selection: Selection | undefined,
  { json, stat, abi }: Flags,
  libseccomp: Libseccomp,
): void {
  const policies = all.map((explained) => {
    const { program, endianness, withUsual } = explained;
    const named = (bytes: Uint8Array) => nameTable(policyTable(bytes, { endianness }), libseccomp);
    const [whole, usual] = [named(program), withUsual && named(withUsual)];
    const policy = selection ? selectPolicy(whole, selection, usual) : whole;
    return { explained, whole, policy, withUsual: usual };
  });
  const isNothing = ({ policy }: { policy: NamedPolicy }) =>
    policy.architectures.length + policy.otherArchitectures.length === 0;
  if (policies.every(isNothing)) process.exitCode = ExitCode.NO;
  if (json) {
    const toJson = stat ? statisticsJson : policyJson;
    print(jsonPerTarget(policies.map(({ explained, policy, withUsual }) => toJson(explained, policy, withUsual))));
    return;
  }
  const paint = listingColors();
  const texts = policies.map(({ explained, whole, policy, withUsual }) => {
    if (isNothing({ policy })) return `${heading(explained)}nothing that was asked for\n`;
    const first = abi?.[0] ?? explained.machine;
    const text = stat
      ? formatPolicyStatistics(shownFirst(policy, first), withUsual, paint)
      : listPolicy(whole, policy, { withUsualCapabilities: withUsual, first, paint, width: terminalColumns() });
    return `${heading(explained)}${text}`;
  });
  (paint ? printPainted : print)(texts.join('\n'));
}

function answerAll(all: readonly Explained[], syscall: string, { json }: Flags, libseccomp: Libseccomp): void {
  const answered = all.map((explained) => ({ explained, ...answerCall(explained, syscall, libseccomp) }));
  if (json) {
    const answers = answered.flatMap(({ explained: { target }, answers }) =>
      answers.map((answer) => ({ ...(target && { target }), ...answer })),
    );
    print(`${JSON.stringify(answers, null, 2)}\n`);
  } else {
    const options = { paint: listingColors(), width: terminalColumns() };
    const texts = answered.flatMap(({ explained, answers }) =>
      answers.length > 0
        ? [
            `${heading(explained)}${machineFirst(answers, explained)
              .map((answer) => formatCallAnswer(answer, explained, options))
              .join('\n')}`,
          ]
        : [],
    );
    const isUnseen = texts.length > 0 && answered.some(({ looksAtArchitecture }) => !looksAtArchitecture);
    (options.paint ? printPainted : print)(`${isUnseen ? `${ARCHITECTURE_UNSEEN}\n\n` : ''}${texts.join('\n')}`);
  }
  for (const { explained, answers } of answered) {
    if (answers.length > 0) continue;
    const compiled = explained.target ? ` compiled for ${explained.target}` : '';
    if (!json) {
      printError(`scmp: no architecture of this filter${compiled} has a system call ${unknownSyscall(syscall)}`);
    }
    process.exitCode = ExitCode.NO;
  }
}

/** Answers on the machine itself come first, then those on its other ABIs, then the others. */
function machineFirst(answers: readonly CallAnswer[], { machine }: Explained): CallAnswer[] {
  const rank = ({ architecture }: CallAnswer) => rankOf(architecture, machine);
  return [...answers].sort((one, other) => rank(one) - rank(other));
}

function statisticsJson({ target }: Explained, policy: NamedPolicy, withUsual: NamedPolicy | undefined): object {
  const architectures = policy.architectures.map((each) => ({
    architecture: each.architecture,
    calls: Object.fromEntries(
      policyStatistics([each], withUsual).map(({ label, counts }) => [label, counts[0] as number]),
    ),
  }));
  return { ...(target && { target }), looksAtArchitecture: policy.looksAtArchitecture, architectures };
}

function policyJson({ target }: Explained, policy: NamedPolicy, withUsual: NamedPolicy | undefined): object {
  const architectures = policy.architectures.map((each) => ({
    ...each,
    calls: each.calls.map((call) => ({ ...call, ...usualJson(usualDecisions(withUsual, each.architecture, call)) })),
  }));
  return { ...(target && { target }), ...policy, architectures };
}

const usualJson = (usual: NamedCall['decisions'] | undefined) => usual && { withDockerCapabilities: usual };

/** The explanation for each machine; a program's is the same on all machines of a byte order. */
async function read(path: string, flags: Flags, libseccomp: Libseccomp): Promise<Explained[]> {
  const input = await readFilterInput(path, flags);
  const asked = targetsOf(flags);
  if (isProgram(input.bytes)) {
    const targets = byteOrdersOf(asked);
    const isDetected = flags.arch.length === 0;
    return targets.map((target) => ({
      target: headingAmong(targets, target),
      machine: target.name,
      program: input.bytes,
      endianness: isDetected ? undefined : target.endianness,
    }));
  }
  const parsed = await profileOfInput(input, flags);
  const options = { ...(await compileOptions(flags)), libseccomp };
  const all = compileEntriesForTargets(parsed, asked, options);
  const usual = compileWithUsualCapabilities(parsed, asked, options);
  return asked.map((arch, index): Explained => {
    const entries = all[index] as CompiledProfile;
    return {
      target: headingAmong(asked, arch),
      machine: arch.name,
      program: entries.compiled.program,
      endianness: arch.endianness,
      withUsual: usual[index]?.program,
      profile: { source: parsed.source, entries },
    };
  });
}
