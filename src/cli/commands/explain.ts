import type { Command } from 'commander';
import type { ArchitectureName } from '../../architecture.js';
import { policyTable } from '../../bpf/index.js';
import type { CompiledProfile } from '../../compiler/compile-parsed-profile.js';
import { type AskedFilter, answerCall, formatCallAnswer } from '../../explain/call-answer.js';
import { ARCHITECTURE_UNSEEN, formatPolicy, usualDecisions } from '../../explain/format-policy.js';
import { type NamedCall, type NamedPolicy, nameTable } from '../../explain/named-policy.js';
import { type Libseccomp, loadLibseccompSync } from '../../libseccomp/index.js';
import { byteOrdersOf, headingAmong, targetsOf } from '../arch-option.js';
import { compileOptions } from '../compile-options.js';
import { compileEntriesForTargets, compileWithUsualCapabilities } from '../compile-targets.js';
import { ExitCode } from '../exit-code.js';
import { isProgram, readInput } from '../input.js';
import { addOptions, COMPILE_OPTIONS, type FlagsOf, INPUT_OPTIONS } from '../options.js';
import { jsonPerTarget, print, printError } from '../output.js';
import { profileOfInput } from '../read-input-profile.js';
import { unknownSyscall } from '../unknown-syscall.js';

const OPTIONS = { json: true, arch: true, ...INPUT_OPTIONS, ...COMPILE_OPTIONS } as const;
type Flags = FlagsOf<typeof OPTIONS>;

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
  const all = await read(path, flags, libseccomp);
  if (syscall === undefined) listAll(all, flags, libseccomp);
  else answerAll(all, syscall, flags, libseccomp);
}

/** The explanation for one machine. */
interface Explained extends AskedFilter {
  /** Undefined where only one machine was asked for. */
  target: ArchitectureName | undefined;
}

const heading = ({ target }: Explained) => (target ? `compiled for ${target}:\n` : '');

function listAll(all: readonly Explained[], { json }: Flags, libseccomp: Libseccomp): void {
  const policies = all.map((explained) => {
    const { program, endianness, withUsual } = explained;
    const named = (bytes: Uint8Array) => nameTable(policyTable(bytes, { endianness }), libseccomp);
    return { explained, policy: named(program), withUsual: withUsual && named(withUsual) };
  });
  if (json) {
    print(jsonPerTarget(policies.map(({ explained, policy, withUsual }) => policyJson(explained, policy, withUsual))));
    return;
  }
  const texts = policies.map(({ explained, policy, withUsual }) => {
    return `${heading(explained)}${formatPolicy(policy, { withUsualCapabilities: withUsual })}`;
  });
  print(texts.join('\n'));
}

function answerAll(all: readonly Explained[], syscall: string, { json }: Flags, libseccomp: Libseccomp): void {
  const answered = all.map((explained) => ({ explained, ...answerCall(explained, syscall, libseccomp) }));
  if (json) {
    const answers = answered.flatMap(({ explained: { target }, answers }) =>
      answers.map((answer) => ({ ...(target && { target }), ...answer })),
    );
    print(`${JSON.stringify(answers, null, 2)}\n`);
  } else {
    const texts = answered.flatMap(({ explained, answers }) =>
      answers.length > 0
        ? [`${heading(explained)}${answers.map((answer) => formatCallAnswer(answer, explained)).join('\n')}`]
        : [],
    );
    const isUnseen = texts.length > 0 && answered.some(({ looksAtArchitecture }) => !looksAtArchitecture);
    print(`${isUnseen ? `${ARCHITECTURE_UNSEEN}\n\n` : ''}${texts.join('\n')}`);
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
  const input = readInput(path);
  const asked = targetsOf(flags);
  if (isProgram(input.bytes)) {
    const targets = byteOrdersOf(asked);
    const isDetected = flags.arch.length === 0;
    return targets.map((target) => ({
      target: headingAmong(targets, target),
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
      program: entries.compiled.program,
      endianness: arch.endianness,
      withUsual: usual[index]?.program,
      profile: { source: parsed.source, entries },
    };
  });
}
