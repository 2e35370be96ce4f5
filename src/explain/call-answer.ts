import { ARCHITECTURES, type Architecture, type ArchitectureName, parseArchitecture } from '../architecture.js';
import { createCallTable, type SeenArchitectures, seenArchitectures } from '../bpf/index.js';
import type { CompiledProfile } from '../compiler/compile-parsed-profile.js';
import type { Libseccomp } from '../libseccomp/index.js';
import { formatPlace } from '../source-place.js';
import { unfilteredNotes } from '../syscalls/unfiltered-calls.js';
import { escapeControls } from '../text.js';
import { waysOf } from './call-ways.js';
import { callWords } from './described-call.js';
import { decidedBy, type EntryAbout, entriesAbout } from './entries-about.js';
import { isSame, type NamedCall, nameCall } from './named-policy.js';
import { type Paint, PLAIN, paintAction } from './paint.js';
import { wrapConditions, wrapWords } from './wrap.js';

/** A filter that answers questions about single calls. */
export interface AskedFilter {
  program: Uint8Array;
  endianness?: Architecture['endianness'] | undefined;
  /** With Docker's default capabilities. Set where the caller named none and the filter may differ. */
  withUsual?: Uint8Array | undefined;
  /** The profile that it was compiled from, if it was. */
  profile?: { source?: string | undefined; entries: CompiledProfile } | undefined;
}

/** The decision for a call on one architecture, by one number. */
export interface CallAnswer extends NamedCall {
  architecture: ArchitectureName;
  /** The multiplexer, if the call is reached through one: `socketcall`. The answer is about this call alone. */
  through?: string;
  /** The profile's entries about it, where there is a profile. */
  entries?: readonly EntryAbout[];
  /** The decision with Docker's default capabilities, where that differs. */
  withDockerCapabilities?: NamedCall['decisions'];
  /** What the kernel does, whatever the filter says. */
  notes?: readonly string[];
}

export interface CallAnswers {
  answers: readonly CallAnswer[];
  /** Whether the program distinguishes architectures. */
  looksAtArchitecture: boolean;
}

/**
 * The decisions for a call on every architecture of a filter, by every number that it has. `syscall` is a name, or a
 * number as text. No answer: none of the architectures has it. Throws what `buildDecisionDiagram` does.
 */
export function answerCall(filter: AskedFilter, syscall: string, libseccomp: Libseccomp): CallAnswers {
  const { program, endianness, withUsual, profile } = filter;
  const seen = seenBy(filter);
  const decide = createCallTable(program, { endianness });
  const decideUsual = withUsual && createCallTable(withUsual, { endianness });
  const answers = waysOf(syscall, seen.architectures, libseccomp).map(({ name, through, ...call }): CallAnswer => {
    const { architecture, number } = call;
    const named = (decisions: ReturnType<typeof decide>) => nameCall({ name, number, decisions }, architecture);
    const answer = named(decide(call));
    const usual = decideUsual && named(decideUsual(call)).decisions;
    const asked = { architecture, number, name: through ? syscall : name, through, decisions: answer.decisions };
    const notes = unfilteredNotes(architecture.name, (each) => each.number === number);
    return {
      architecture: architecture.name,
      ...answer,
      ...(through === undefined ? {} : { through }),
      ...(usual && !isSame(usual, answer.decisions) ? { withDockerCapabilities: usual } : {}),
      // The profile's entries say nothing of architectures that it does not list.
      ...(profile?.entries.compiled.arches.includes(architecture.name) && {
        entries: entriesAbout(profile.entries, asked),
      }),
      ...(notes.length > 0 ? { notes } : {}),
    };
  });
  return { answers, looksAtArchitecture: seen.looksAtArchitecture };
}

/** libseccomp's programs distinguish the architectures of the filter, and the other ABI of their AUDIT_ARCH. */
function seenBy({ program, endianness, profile }: AskedFilter): SeenArchitectures {
  if (!profile) return seenArchitectures(program, { endianness });
  const auditArches = profile.entries.compiled.arches.map((name) => parseArchitecture(name).auditArch);
  const architectures = ARCHITECTURES.filter(({ auditArch }) => auditArches.includes(auditArch));
  return { looksAtArchitecture: true, architectures };
}

/** How an answer is written: in these colours, and in lines of this many columns where they can be broken. */
export interface AnswerOptions {
  paint?: Paint | undefined;
  width?: number | undefined;
}

/** An answer as lines of text, with the profile's entries below it. */
export function formatCallAnswer(
  answer: CallAnswer,
  { profile }: Pick<AskedFilter, 'profile'>,
  { paint = PLAIN, width = Number.POSITIVE_INFINITY }: AnswerOptions = {},
): string {
  const { architecture, name, number, decisions, through, entries, notes, withDockerCapabilities: usual } = answer;
  const call = through ? `through ${through} (${number})` : `${name} (${number})`;
  const first = `${paint('heading', architecture)}: ${call}: ${callWords({ decisions, usual }, architecture, paint)}`;
  const says = (entries ?? []).map((entry) => formatEntry(entry, architecture, profile?.source ?? 'profile', paint));
  const below = [...says, ...formatFallback(answer, profile), ...(notes ?? [])];
  const lines = [
    ...wrapConditions(first, { width, first: '', next: '        ' }),
    ...below.flatMap((line) => wrapWords(line.split(' '), { width, first: '    ', next: '      ' })),
  ];
  return `${lines.join('\n')}\n`;
}

/** `p.json:3:5: syscalls[0].names[1]: ALLOW, does not apply: the container lacks CAP_SYS_ADMIN; with --cap SYS_ADMIN it does` */
function formatEntry(entry: EntryAbout, architecture: ArchitectureName, profileSource: string, paint: Paint): string {
  const { path, position, source = profileSource, action, isConditional, dropped, lackingCapabilities } = entry;
  const options = lackingCapabilities?.map((capability) => `--cap ${capability.replace(/^CAP_/, '')}`).join(' ');
  return [
    `${escapeControls(`${formatPlace(source, position)}: ${path}`)}: ${action ? paintAction(action, architecture, paint) : `an errno that ${architecture} lacks`}`,
    ...(isConditional ? ['depending on arguments'] : []),
    ...(dropped === undefined
      ? []
      : [`does not apply: ${escapeControls(dropped)}${options ? `; with ${options} it does` : ''}`]),
    ...(entry.hasEffect === false ? ['which no call gets here'] : []),
  ].join(', ');
}

/** The lines where no entry decides. */
function formatFallback(
  { architecture, number, decisions, entries }: CallAnswer,
  profile: AskedFilter['profile'],
): string[] {
  if (!profile || entries?.some(({ dropped, hasEffect }) => dropped === undefined && hasEffect !== false)) return [];
  if (!entries) return [`the profile does not list ${architecture} among its architectures`];
  const decided = decidedBy(profile.entries, { architecture: parseArchitecture(architecture), number, decisions });
  const which = entries.length === 0 ? 'no entry names it' : 'no entry decides it';
  return [`${which}${decided ? `: ${decided}` : ''}`];
}
