import type { Command } from 'commander';
import { formatAction } from '../action.js';
import { type ArchitectureName, parseArchitecture } from '../architecture.js';
import { policyTable } from '../bpf/index.js';
import type { CompiledProfile } from '../compiler/compile-parsed.js';
import type { CompiledFilter } from '../compiler/compile-policy.js';
import { decidedBy, type EntryAbout, entriesAbout } from '../explain/entries-about.js';
import { ARCHITECTURE_UNSEEN, formatDecisions, formatPolicy, usualDecisions } from '../explain/format-policy.js';
import { type NamedCall, type NamedPolicy, nameTable } from '../explain/named-policy.js';
import { type Libseccomp, loadLibseccompSync, lookUpSyscallName } from '../libseccomp/index.js';
import { withAndWithout } from '../profile/assumed-capabilities.js';
import type { ParsedProfile } from '../profile/parsed-profile.js';
import { formatPlace } from '../source-place.js';
import { unfilteredNotes } from '../syscalls/unfiltered-calls.js';
import { type ArchFlags, addArchOption, byteOrdersOf, headingAmong, targetsOf } from './arch-option.js';
import { compileEntriesForTargets, compileWithUsualCapabilities } from './compile-targets.js';
import { ExitCode } from './exit-code.js';
import { isProgram, readInput } from './input.js';
import { addCompileOptions, type CompileFlags, compileOptions } from './options.js';
import { jsonPerTarget, print, printError } from './output.js';
import { addInputOptions, type InputFlags, profileOfInput } from './read-input-profile.js';
import { unknownSyscall } from './unknown-syscall.js';

interface Flags extends CompileFlags, InputFlags, ArchFlags {
  json?: boolean;
}

export function addExplainCommand(program: Command): void {
  const command = program
    .command('explain')
    .summary('what a profile or program allows, in words')
    .description(
      'Explain the whole policy of a profile or a compiled program, by architecture and action, with the conditions on arguments recovered from the program; or what becomes of one system call, and which lines of the profile say so. Exact: the program is evaluated for every input.',
    )
    .argument('<input>', 'a profile, or a compiled program of any tool; "-" is standard input')
    .argument('[syscall]', 'a name, or a number of this architecture')
    .option('--json', 'as JSON');
  addArchOption(command, 'the machine: x86_64, arm64… (default: this machine)');
  addInputOptions(command);
  addCompileOptions(command, 'newer than any the profile names').action(explain);
}

/** What is explained: the policy of a program, and the profile that it was made of. */
interface Explained {
  /** Undefined where only one machine was asked for. */
  target: ArchitectureName | undefined;
  policy: NamedPolicy;
  /** With Docker's default capabilities, where nobody said which there are and it may be another one. */
  withUsual?: NamedPolicy | undefined;
  profile?: { parsed: ParsedProfile; entries: CompiledProfile };
}

async function explain(path: string, syscall: string | undefined, flags: Flags): Promise<void> {
  const libseccomp = loadLibseccompSync();
  const all = await read(path, flags, libseccomp);
  const heading = ({ target }: Explained) => (target ? `compiled for ${target}:\n` : '');
  if (syscall === undefined) {
    if (flags.json) print(jsonPerTarget(all.map(policyJson)));
    else {
      const text = ({ policy, withUsual }: Explained) => formatPolicy(policy, { withUsualCapabilities: withUsual });
      print(all.map((each) => `${heading(each)}${text(each)}`).join('\n'));
    }
    return;
  }
  const answered = all.map((explained) => ({ explained, answers: answersFor(explained, syscall, libseccomp) }));
  if (flags.json) {
    const answers = answered.flatMap(({ explained: { target }, answers }) =>
      answers.map((answer) => ({ ...(target && { target }), ...answer })),
    );
    print(`${JSON.stringify(answers, null, 2)}\n`);
  } else {
    const texts = answered.flatMap(({ explained, answers }) =>
      answers.length > 0
        ? [`${heading(explained)}${answers.map((answer) => formatAnswer(answer, explained)).join('\n')}`]
        : [],
    );
    const isUnseen = texts.length > 0 && all.some(({ policy }) => !policy.looksAtArchitecture);
    print(`${isUnseen ? `${ARCHITECTURE_UNSEEN}\n\n` : ''}${texts.join('\n')}`);
  }
  for (const { explained, answers } of answered) {
    if (answers.length > 0) continue;
    const compiled = explained.target ? ` compiled for ${explained.target}` : '';
    if (!flags.json) {
      printError(`scmp: no architecture of this filter${compiled} has a system call ${unknownSyscall(syscall)}`);
    }
    process.exitCode = ExitCode.NO;
  }
}

function policyJson({ target, policy, withUsual }: Explained): object {
  const architectures = policy.architectures.map((each) => ({
    ...each,
    calls: each.calls.map((call) => ({ ...call, ...usualJson(usualDecisions(withUsual, each.architecture, call)) })),
  }));
  return { ...(target && { target }), ...policy, architectures };
}

const usualJson = (usual: NamedCall['decisions'] | undefined) => usual && { withDockerCapabilities: usual };

/** What is explained for each machine; a program says the same on all of a byte order. */
async function read(path: string, flags: Flags, libseccomp: Libseccomp): Promise<Explained[]> {
  const input = readInput(path);
  const asked = targetsOf(flags);
  if (isProgram(input.bytes)) {
    const targets = byteOrdersOf(asked);
    const isDetected = flags.arch.length === 0;
    return targets.map((target) => ({
      target: headingAmong(targets, target),
      policy: nameTable(policyTable(input.bytes, isDetected ? {} : { endianness: target.endianness }), libseccomp),
    }));
  }
  const parsed = await profileOfInput(input, flags);
  const options = await compileOptions(flags);
  const all = compileEntriesForTargets(parsed, asked, { ...options, libseccomp });
  const usual = compileWithUsualCapabilities(parsed, asked, { ...options, libseccomp });
  return asked.map((arch, index): Explained => {
    const entries = all[index] as CompiledProfile;
    const nameProgram = ({ program }: CompiledFilter) =>
      nameTable(policyTable(program, { endianness: arch.endianness }), libseccomp);
    return {
      target: headingAmong(asked, arch),
      policy: nameProgram(entries.compiled),
      withUsual: usual[index] && nameProgram(usual[index]),
      profile: { parsed, entries },
    };
  });
}

interface Answer extends NamedCall {
  architecture: ArchitectureName;
  /** Where a multiplexer reaches the call too, or alone: `socketcall`. */
  through?: string;
  /** The profile's entries about it, where there is a profile. */
  entries?: readonly EntryAbout[];
  /** What is decided with Docker's default capabilities, where that is something else. */
  withDockerCapabilities?: NamedCall['decisions'];
  /** What the kernel does whatever the filter says. */
  notes?: readonly string[];
}

function answersFor({ policy, profile, withUsual }: Explained, syscall: string, libseccomp: Libseccomp): Answer[] {
  const isNumber = /^(0[xX][\da-fA-F]+|\d+)$/.test(syscall);
  const found = isNumber ? [] : lookUpSyscallName(libseccomp, syscall);
  const entries = new Map(found.map((entry) => [entry.architecture, entry]));
  const answers = policy.architectures.flatMap(({ architecture, calls, unnamed }): Answer[] => {
    if (isNumber) {
      const number = Number(syscall);
      const call = calls.find((each) => each.number === number);
      const range = unnamed.find(({ from, to }) => from <= number && number <= to);
      const found = call ?? (range && { name: syscall, number, decisions: range.decisions });
      return found ? [{ architecture, ...found }] : [];
    }
    const { name: own = syscall, multiplexer } = entries.get(architecture) ?? {};
    const through = multiplexer?.name;
    return calls
      .filter(({ name }) => name === own || name === through)
      .map((call) => ({ architecture, ...call, ...(call.name === through && through !== syscall ? { through } : {}) }));
  });
  return answers.map((answer) => ({
    ...answer,
    ...usualJson(usualDecisions(withUsual, answer.architecture, answer)),
    // The profile's entries say nothing of architectures that it does not list.
    ...(profile?.entries.compiled.arches.includes(answer.architecture) && {
      entries: entriesAbout(profile.entries, {
        ...answer,
        architecture: parseArchitecture(answer.architecture),
        name: answer.through ? syscall : answer.name,
      }),
    }),
    ...notesOn(answer),
  }));
}

function notesOn({ architecture, number }: Pick<Answer, 'architecture' | 'number'>): Pick<Answer, 'notes'> {
  const notes = unfilteredNotes(architecture, (call) => call.number === number);
  return notes.length > 0 ? { notes } : {};
}

function formatAnswer(answer: Answer, { profile }: Explained): string {
  const { architecture, name, number, decisions, through, entries, notes, withDockerCapabilities: usual } = answer;
  const decided = formatDecisions(decisions, architecture);
  const answered = usual ? withAndWithout(decided, formatDecisions(usual, architecture)) : decided;
  const call = through ? `through ${through} (${number})` : `${name} (${number})`;
  const source = profile?.parsed.source ?? 'profile';
  const says = (entries ?? []).map((entry) => `    ${formatEntry(entry, architecture, source)}`);
  return `${[`${architecture}: ${call}: ${answered}`, ...says, ...formatFallback(answer, profile), ...(notes ?? []).map((note) => `    ${note}`)].join('\n')}\n`;
}

/** `p.json:3:5: syscalls[0].names[1]: ALLOW, does not apply: the container lacks CAP_SYS_ADMIN; with --cap SYS_ADMIN it does` */
function formatEntry(entry: EntryAbout, architecture: ArchitectureName, profileSource: string): string {
  const { path, position, source = profileSource, action, isConditional, dropped, lackingCapabilities } = entry;
  const options = lackingCapabilities?.map((capability) => `--cap ${capability.replace(/^CAP_/, '')}`).join(' ');
  return [
    `${formatPlace(source, position)}: ${path}: ${action ? formatAction(action, architecture) : `an errno that ${architecture} lacks`}`,
    ...(isConditional ? ['depending on arguments'] : []),
    ...(dropped === undefined ? [] : [`does not apply: ${dropped}${options ? `; with ${options} it does` : ''}`]),
    ...(entry.hasEffect === false ? ['which no call gets here'] : []),
  ].join(', ');
}

/** What is to be said where no entry decides. */
function formatFallback({ architecture, decisions, entries }: Answer, profile: Explained['profile']): string[] {
  if (!profile || entries?.some(({ dropped, hasEffect }) => dropped === undefined && hasEffect !== false)) return [];
  if (!entries) return [`    the profile does not list ${architecture} among its architectures`];
  const decided = decidedBy(profile.entries, decisions);
  const which = entries.length === 0 ? 'no entry names it' : 'no entry decides it';
  return [`    ${which}${decided ? `: ${decided}` : ''}`];
}
