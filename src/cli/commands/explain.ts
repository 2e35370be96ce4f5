import { type Command, Option } from 'commander';
import type { ArchitectureName } from '../../architecture.js';
import { policyTable } from '../../bpf/index.js';
import { InvalidArgumentError } from '../../errors.js';
import { type AskedFilter, answerCall, type CallAnswer, formatCallAnswer } from '../../explain/call-answer.js';
import { usualDecisions } from '../../explain/described-call.js';
import { rankOf } from '../../explain/format-comparison.js';
import { ARCHITECTURE_UNSEEN, listPolicy, shownFirst } from '../../explain/format-policy.js';
import { type NamedCall, type NamedPolicy, nameTable } from '../../explain/named-policy.js';
import { formatPolicyStatistics, policyStatistics } from '../../explain/policy-summary.js';
import { type Selection, selectPolicy } from '../../explain/select-answers.js';
import { type Libseccomp, loadLibseccompSync } from '../../libseccomp/index.js';
import { printable } from '../../text.js';
import { byteOrdersOf, headingAmong, targetsOf } from '../arch-option.js';
import { ExitCode } from '../exit-code.js';
import {
  FILTER_ARGUMENT,
  type FilterSource,
  hasProfile,
  jointFilter,
  type LayerFilter,
  layersFor,
  readFilters,
  stackedPaths,
} from '../filter-stack.js';
import { listingColors } from '../listing-colors.js';
import { type ListingFlags, listingOptions, selectionOf } from '../listing-options.js';
import { addOptions, COMPILE_OPTIONS, type FlagsOf, INPUT_OPTIONS } from '../options.js';
import { jsonPerTarget, print, printError, printPainted } from '../output.js';
import { decisionsJson, namedPolicyJson } from '../policy-json.js';
import { terminalColumns } from '../terminal.js';
import { explainingComplexity, reportUndecided } from '../too-complex.js';
import { unknownSyscall } from '../unknown-syscall.js';

const OPTIONS = {
  stack: new Option('--stack', 'all arguments are filters, installed one after the other; as stack:A,B,C'),
  json: true,
  ...listingOptions({
    action: 'calls that can get this action alone: ERRNO, EPERM, TRACE(7), allowed, denied; repeatable',
    stat: 'how many calls get each action, instead of their names',
  }),
  arch: true,
  ...INPUT_OPTIONS,
  ...COMPILE_OPTIONS,
} as const;
type Flags = FlagsOf<typeof OPTIONS> & ListingFlags & { stack?: boolean };

export function addExplainCommand(program: Command): void {
  const command = program
    .command('explain')
    .summary('what a profile or program allows, in words')
    .description(
      'Explain the whole policy of a profile or a compiled program, by architecture and action, with the conditions on arguments recovered from the program. Or explain one system call, with the lines of the profile that decide it. Exact: the program is evaluated for every input.',
    )
    .argument('<input>', FILTER_ARGUMENT)
    .argument('[syscall...]', 'a name, or a number of this architecture; with --stack: the filters installed after it');
  addOptions(command, OPTIONS).action(explain);
}

async function explain(first: string, rest: readonly string[], flags: Flags): Promise<void> {
  const [syscall, ...excess] = flags.stack ? [] : rest;
  if (excess.length > 0) {
    throw new InvalidArgumentError(
      'explain takes a filter and one system call; --stack is for filters that are installed one after the other, and --call NAME for several calls',
    );
  }
  const libseccomp = loadLibseccompSync();
  const selection = selectionOf(flags, libseccomp);
  if (syscall !== undefined && (selection || flags.stat)) {
    throw new InvalidArgumentError(
      'one system call is explained by itself: leave out --abi, --action, --call and --stat',
    );
  }
  const paths = flags.stack ? [first, ...rest] : [first];
  const filters = await readFilters(paths.flatMap(stackedPaths), flags);
  const all = await read(filters, flags, libseccomp);
  explainingComplexity(filters, () => {
    if (syscall === undefined) reportUndecided(listAll(all, selection, flags, libseccomp), filters);
    else answerAll(all, syscall, flags, libseccomp);
  });
}

/** The explanation for one machine. */
interface Explained extends AskedFilter {
  /** Undefined where only one machine was asked for. */
  target: ArchitectureName | undefined;
  /** What the answer begins with, where the filter distinguishes it. */
  machine: ArchitectureName;
  /** Of a stack: its filters, in the order of installation. */
  stack: readonly LayerFilter[];
}

/** What is above an answer: the machine, where there are several, and that it is about a stack. */
function heading({ target, stack }: Explained): string {
  const names = stack.map(({ source }) => printable(source)).join(', then ');
  return [
    target ? `compiled for ${target}:\n` : '',
    names && `what ${stack.length} filters decide together, the strictest answer of all: ${names}\n`,
  ].join('');
}

const stackJson = ({ stack }: Explained) => stack.length > 0 && { stack: stack.map(({ source }) => source) };

/** Returns what was listed. */
function listAll(
  all: readonly Explained[],
  selection: Selection | undefined,
  { json, stat, abi }: Flags,
  libseccomp: Libseccomp,
): readonly NamedPolicy[] {
  const policies = all.map((explained) => {
    const { program, endianness, withUsual } = explained;
    const named = (bytes: Uint8Array) =>
      nameTable(policyTable(bytes, { endianness, listTooComplex: true }), libseccomp);
    const [whole, usual] = [named(program), withUsual && named(withUsual)];
    const policy = selection ? selectPolicy(whole, selection, usual) : whole;
    return { explained, whole, policy, withUsual: usual };
  });
  const listed = policies.flatMap(({ policy, withUsual: usual }) => {
    if (!usual) return [policy];
    return [policy, selection ? selectPolicy(usual, selection, undefined) : usual];
  });
  const isNothing = ({ policy }: { policy: NamedPolicy }) =>
    policy.architectures.length + policy.unnamedArchitectures.length + policy.otherArchitectures.length === 0;
  if (policies.every(isNothing)) process.exitCode = ExitCode.NO;
  if (json) {
    const toJson = stat ? statisticsJson : policyJson;
    print(jsonPerTarget(policies.map(({ explained, policy, withUsual }) => toJson(explained, policy, withUsual))));
    return listed;
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
  return listed;
}

function answerAll(all: readonly Explained[], syscall: string, { json }: Flags, libseccomp: Libseccomp): void {
  const answered = all.map((explained) => {
    const joint = answerCall(explained, syscall, libseccomp);
    const layers = explained.stack.map((layer) => {
      const { answers } = answerCall(layer, syscall, libseccomp);
      return { layer, answers: answers.filter((each) => joint.answers.some((other) => isAboutSameCall(each, other))) };
    });
    return { explained, layers, ...joint };
  });
  if (json) {
    const answers = answered.flatMap(({ explained, layers, answers }) =>
      answers.map((answer) => ({
        ...(explained.target && { target: explained.target }),
        ...answer,
        ...(layers.length > 0 && {
          filters: layers.map(({ layer: { source }, answers }) => ({
            source,
            ...answers.find((each) => isAboutSameCall(each, answer)),
          })),
        }),
      })),
    );
    print(`${JSON.stringify(answers, null, 2)}\n`);
  } else {
    const options = { paint: listingColors(), width: terminalColumns() };
    const said = (answers: readonly CallAnswer[], asked: AskedFilter, { machine }: Explained) =>
      machineFirst(answers, machine)
        .map((answer) => formatCallAnswer(answer, asked, options))
        .join('\n');
    const texts = answered.flatMap(({ explained, layers, answers }) =>
      answers.length > 0
        ? [
            `${heading(explained)}${said(answers, explained, explained)}`,
            ...layers.map(({ layer, answers }) => {
              const own = said(answers, layer, explained) || 'it does not distinguish an architecture with this call\n';
              return `${printable(layer.source)} alone:\n${own}`;
            }),
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

const isAboutSameCall = (one: CallAnswer, other: CallAnswer) =>
  one.architecture === other.architecture && one.number === other.number && one.through === other.through;

/** Answers on the machine itself come first, then those on its other ABIs, then the others. */
function machineFirst(answers: readonly CallAnswer[], machine: ArchitectureName): CallAnswer[] {
  const rank = ({ architecture }: CallAnswer) => rankOf(architecture, machine);
  return [...answers].sort((one, other) => rank(one) - rank(other));
}

function statisticsJson(explained: Explained, policy: NamedPolicy, withUsual: NamedPolicy | undefined): object {
  const { target } = explained;
  const architectures = policy.architectures.map((each) => ({
    architecture: each.architecture,
    calls: Object.fromEntries(
      policyStatistics([each], withUsual).map(({ label, counts }) => [label, counts[0] as number]),
    ),
  }));
  return {
    ...(target && { target }),
    ...stackJson(explained),
    looksAtArchitecture: policy.looksAtArchitecture,
    architectures,
  };
}

function policyJson(explained: Explained, policy: NamedPolicy, withUsual: NamedPolicy | undefined): object {
  const { target } = explained;
  const json = namedPolicyJson(policy);
  const architectures = json.architectures.map((each) => ({
    ...each,
    calls: each.calls.map((call) => ({
      ...call,
      ...usualJson(usualDecisions(withUsual, each.architecture, { ...call, decisions: call.decisions ?? [] })),
    })),
  }));
  return { ...(target && { target }), ...stackJson(explained), ...json, architectures };
}

const usualJson = (usual: NamedCall['decisions'] | undefined) =>
  usual && { withDockerCapabilities: decisionsJson(usual) };

/** The explanation for each machine; a program's is the same on all machines of a byte order. */
async function read(filters: readonly FilterSource[], flags: Flags, libseccomp: Libseccomp): Promise<Explained[]> {
  const asked = targetsOf(flags);
  const targets = hasProfile(filters) ? asked : byteOrdersOf(asked);
  const layers = await layersFor(filters, targets, flags, libseccomp);
  return Promise.all(
    targets.map(async (target, index): Promise<Explained> => {
      const stack = layers[index] as LayerFilter[];
      return {
        ...(await jointFilter(stack, target)),
        target: headingAmong(targets, target),
        machine: target.name,
        stack: stack.length > 1 ? stack : [],
      };
    }),
  );
}
