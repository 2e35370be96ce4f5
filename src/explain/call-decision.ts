import { formatAction, isSameAction, judgeChange } from '../action.js';
import { type Architecture, type ArchitectureName, findArchitecture, parseArchitecture } from '../architecture.js';
import { createDiagramBuilder } from '../bpf/decisions/decision-diagram.js';
import { allBitsKnown, withKnownBits } from '../bpf/decisions/known-bits.js';
import { createDecider } from '../bpf/decisions/policy-table.js';
import { type KnownBits, possibleDecisions, type SeccompData } from '../bpf/index.js';
import type { CompiledFilter } from '../compiler/compile-policy.js';
import { InvalidArgumentError } from '../errors.js';
import { type Libseccomp, lookUpSyscallName } from '../libseccomp/index.js';
import type { Action } from '../policy.js';
import { nearestSyscall } from '../syscalls/nearest-syscall.js';
import { type SyscallParameter, syscallSignature } from '../syscalls/signature.js';
import { quote } from '../text.js';
import {
  type AskedArguments,
  askedArguments,
  type CallArguments,
  type KnownArguments,
  unknownArguments,
  withArgument,
} from './call-arguments.js';
import { type Way, waysOf } from './call-ways.js';
import { formatDecisions } from './format-decisions.js';
import { isSame, nameCall } from './named-policy.js';

/** An answer that a call can get. */
export interface PossibleAnswer {
  action: Action;
  /**
   * The arguments that get it, in words: `domain == AF_UNIX`. Absent where all do, null where that takes too many words.
   */
  when?: string | null;
  /** The multiplexer, `socketcall` or `ipc`, where the call is made through one: its arguments are in memory there. */
  through?: string;
  /**
   * The arguments, by name, in which it takes something in bits that the kernel does not read. C libraries leave nothing
   * there; a hostile program does, to get round a comparison of all 64 bits.
   */
  unreadBits?: readonly string[];
  /**
   * Where the capabilities matter and none were given: the sets that get this answer, of those that the profile's entries
   * on the call distinguish.
   */
  capabilities?: readonly (readonly string[])[];
  /** A call that gets it; bits that do not matter are 0. */
  example: SeccompData;
}

export interface CallQuestion {
  /** A name, or a number as text. */
  syscall: string;
  args: CallArguments;
  /** Where it is not the one that the filter is for. */
  callArch?: string | undefined;
}

/** Every answer of a filter to one question. */
export interface FilterAnswers {
  architecture: Architecture;
  parameters: readonly SyscallParameter[];
  answers: readonly (PossibleAnswer & { way: Way })[];
}

/**
 * What a filter does with the calls of a question: exact, for all values of the arguments that are not given. The function
 * that is returned throws InvalidArgumentError where there is no such call, argument, constant or architecture.
 */
export function createCallDecider(
  { program, arches }: CompiledFilter,
  libseccomp: Libseccomp,
): (question: CallQuestion) => FilterAnswers {
  const { endianness } = parseArchitecture(arches[0] as string);
  const { store, build } = createDiagramBuilder(program, { endianness });
  const decide = createDecider(store);

  const answersOf = (way: Way, parameters: readonly SyscallParameter[], { usual, any }: AskedArguments) => {
    const { architecture, number: nr, name, through } = way;
    const arch = architecture.auditArch;
    const root = build({ arch, nr });
    const complete = <Answer extends Pick<PossibleAnswer, 'action' | 'example'>>(answer: Answer) => ({
      ...answer,
      ...(through !== undefined && { through }),
      way,
    });
    const forms = usual.map(({ registers, form }) => {
      const known = withKnownBits(store, root, registers);
      const { decisions } = nameCall({ name, number: nr, decisions: decide(known) }, architecture);
      const examples = possibleDecisions({ store, root: known }, { arch, nr, args: registers });
      const exampleOf = (action: Action) => examples.find((each) => isSameAction(each.action, action))!.example;
      return { form, decisions, exampleOf };
    });
    const isAlike = forms.every(({ decisions }) => isSame(decisions, forms[0]!.decisions));
    const answers = forms.slice(0, isAlike ? 1 : undefined).flatMap(({ form, decisions, exampleOf }) =>
      decisions.map(({ action, when }) => {
        const said = isAlike ? when : when === undefined ? form : when && `${when} and ${form}`;
        return complete({ action, ...(said !== undefined && { when: said }), example: exampleOf(action) });
      }),
    );
    const unread = possibleDecisions({ store, root }, { arch, nr, args: any }).filter(
      ({ action }) => !answers.some((each) => isSameAction(each.action, action)),
    );
    return [
      ...answers,
      ...unread.map((decision) =>
        complete({ ...decision, unreadBits: unreadArguments(decision.example, any, parameters) }),
      ),
    ];
  };

  return ({ syscall, args, callArch }) => {
    const architecture = callArch === undefined ? parseArchitecture(arches[0] as string) : parseArchitecture(callArch);
    if (!arches.includes(architecture.name)) {
      throw new InvalidArgumentError(
        `the filter decides for ${arches.join(', ')}, not for ${architecture.name}: it answers every call of it alike`,
      );
    }
    const ways = waysOf(syscall, [architecture], libseccomp);
    if (ways.length === 0) throw new InvalidArgumentError(noSuchCall(syscall, architecture, libseccomp));
    const name = ways.find(({ through }) => through === undefined)?.name ?? syscall;
    const parameters = syscallSignature(name, architecture.name) ?? [];
    const asked = askedArguments(syscall, args, parameters, architecture);
    const answers = ways.flatMap((way) => {
      if (way.through === undefined) return answersOf(way, parameters, asked);
      return answersOf(way, syscallSignature(way.name, architecture.name) ?? [], behind(way));
    });
    return { architecture, parameters, answers };
  };
}

/** Through a multiplexer the filter sees which call it is, and no argument of it. */
function behind({ architecture, args: [call] = [] }: Way): AskedArguments {
  const { value, mask } = call as KnownBits;
  const unknown = unknownArguments(architecture);
  const unreadBits = (unknown[0]?.mask ?? 0n) | mask;
  return {
    usual: [{ registers: withArgument(unknown, 0, allBitsKnown(value)), form: '' }],
    any: withArgument(unknown, 0, { value, mask: unreadBits }),
  };
}

/** The arguments that have something in bits which the question does not give. */
function unreadArguments(
  { args }: SeccompData,
  any: KnownArguments,
  parameters: readonly SyscallParameter[],
): readonly string[] {
  return args.flatMap((value, index) => {
    const known = any[index];
    const isGiven = known !== undefined && (known.mask & 0xffffn) !== 0n;
    return isGiven && (value & ~known.mask) !== 0n ? [parameters[index]?.name ?? `a${index}`] : [];
  });
}

function noSuchCall(syscall: string, { name }: Architecture, libseccomp: Libseccomp): string {
  const others = lookUpSyscallName(libseccomp, syscall).map(({ architecture }) => architecture);
  const nearest = others.length > 0 || syscallSignature(syscall) ? undefined : nearestSyscall(syscall);
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  const elsewhere =
    others.length > 0 ? `; ${others.slice(0, 4).join(', ')} ${others.length > 1 ? 'have' : 'has'} it` : hint;
  return `${name} has no system call ${quote(syscall)}${elsewhere}`;
}

/**
 * The answer, where a question has one: the action of every call, made as C libraries make it. What a hostile program can
 * put into unread bits counts where that gets it round the filter.
 */
export function onlyAction(answers: readonly PossibleAnswer[]): Action | undefined {
  const usual = answers.filter(({ unreadBits }) => !unreadBits);
  const action = usual[0]?.action;
  if (action === undefined || !usual.every((each) => isSameAction(each.action, action))) return undefined;
  const isSafe = answers.every((each) => !each.unreadBits || judgeChange(action, each.action) !== 'weaker');
  return isSafe ? action : undefined;
}

/** `ERRNO(EPERM); ALLOW through socketcall` */
export function formatAnswers(answers: readonly PossibleAnswer[], architecture: ArchitectureName): string {
  const usual = answers.filter(({ unreadBits }) => !unreadBits);
  const ways = [...new Set(usual.map(({ through }) => through))].map((through) => ({
    through,
    text: formatDecisions(
      usual.filter((each) => each.through === through),
      architecture,
    ),
  }));
  const isOne = ways.every(({ text }) => text === ways[0]?.text);
  const parts = isOne
    ? ways.slice(0, 1).map(({ text }) => text)
    : ways.map(({ through, text }) => `${text}${through === undefined ? '' : ` through ${through}`}`);
  for (const { action, unreadBits } of answers) {
    if (!unreadBits) continue;
    const said = `${formatAction(action, architecture)} with bits of ${unreadBits.join(' and ')} that the kernel does not read`;
    if (!parts.includes(said)) parts.push(said);
  }
  return parts.join('; ');
}

/** Whether a subject is a filter that was compiled before. */
export const isCompiledFilter = (subject: unknown): subject is CompiledFilter =>
  typeof subject === 'object' &&
  subject !== null &&
  'program' in subject &&
  'arches' in subject &&
  Array.isArray(subject.arches) &&
  subject.arches.every((name) => typeof name === 'string' && findArchitecture(name) !== undefined);
