import { formatAction, permits } from '../../action.js';
import { type Architecture, type ArchitectureName, findArchitecture, parseArchitecture } from '../../architecture.js';
import { compareDecisions } from '../../bpf/decisions/compare.js';
import { policyTable } from '../../bpf/decisions/policy-table.js';
import { parseCall } from '../../bpf/execution/parse-call.js';
import { createSimulator } from '../../bpf/index.js';
import { checkProfile } from '../../check/check-profile.js';
import { type CheckOptions, defaultTargets } from '../../check/check-targets.js';
import { fixProfile } from '../../check/fix.js';
import { compileEntriesWith } from '../../compiler/compile-parsed-profile.js';
import { behaviourOf } from '../../compiler/runtime.js';
import { editorFormat } from '../../editor/editor-format.js';
import type { HoverTarget } from '../../editor/hover.js';
import { hoverTarget } from '../../editor/hover-target.js';
import { type Problem, problemOfFinding, problemsOfError } from '../../editor/problems.js';
import { ruleNotes } from '../../editor/rule-notes.js';
import { textDifference } from '../../editor/text-difference.js';
import { ScmpError } from '../../errors.js';
import { answerCall, formatCallAnswer } from '../../explain/call-answer.js';
import { formatComparison } from '../../explain/format-comparison.js';
import { formatPolicy } from '../../explain/format-policy.js';
import { nameComparison } from '../../explain/name-comparison.js';
import { nameTable } from '../../explain/named-policy.js';
import { PLAIN } from '../../explain/paint.js';
import { DEFAULT_WIDTH } from '../../explain/wrap.js';
import { type Libseccomp, loadLibseccompSync } from '../../libseccomp/index.js';
import { syscallNaming } from '../../libseccomp/syscall-naming.js';
import type { Action } from '../../policy.js';
import type { ParsedProfile } from '../../profile/model/parsed-profile.js';
import { explainResolution } from '../../profile/resolve/explain-resolution.js';
import { errorText } from '../error-text.js';
import { type InputProfile, inputProfiles } from '../listed-profiles.js';
import { profileOfInput } from '../read-input-profile.js';
import type { Answer, EditedProfile, EditedText, Question, QuestionName } from './question.js';

const TERMS = {
  minimize: 'scmp compile --optimize min makes one: that program is not made by libseccomp',
  place: 'scmp',
};

/** What the editor's questions take work for; each answer is about the text that it came with. */
export class Analysis {
  #libseccomp: Libseccomp | undefined;
  /** The last profiles that were compiled: hovers ask about one again and again. */
  readonly #compiled = new Map<string, Promise<readonly CompiledTarget[]>>();

  readonly #answers: {
    [Name in QuestionName]: (question: Question<Name>, publish: (part: Answer<Name>) => void) => Promise<Answer<Name>>;
  } = {
    check: (asked, publish) => this.#check(asked, publish),
    fixAll: (asked) => this.#fixAll(asked),
    decide: (asked) => this.#decide(asked),
    count: (asked) => this.#count(asked),
    compare: async ({ before, after, names }) => this.#compare(before, after, names),
    simulate: (asked) => this.#simulate(asked),
    explain: (asked) => this.#explain(asked),
  };

  answer<Name extends QuestionName>(
    name: Name,
    question: Question<Name>,
    publish: (part: Answer<Name>) => void,
  ): Promise<Answer<Name>> {
    return this.#answers[name](question, publish);
  }

  /** An instance that crashed on a profile cannot be used for the next. */
  get #library(): Libseccomp {
    if (!this.#libseccomp?.usable) this.#libseccomp = loadLibseccompSync();
    return this.#libseccomp;
  }

  /** As `scmp check` does. The findings of the first machine come before those of all. */
  async #check(asked: EditedText, publish: (part: readonly Problem[]) => void): Promise<readonly Problem[]> {
    const problems: Problem[] = [];
    const profiles = profilesOf(asked);
    for (const { read } of profiles) {
      try {
        const profile = await read();
        const options = { ...this.#checkOptions(asked), text: asked.text };
        const machines = machinesOf(profile, asked);
        const check = (targets: readonly Architecture[]) =>
          checkProfile(profile, { ...options, targets }).findings.map((each) => problemOfFinding(each, asked.path));
        if (machines.length > 1 && profiles.length === 1) {
          publish(check(machines.slice(0, 1)));
          // The messages of newer texts come in between.
          await new Promise((resolve) => setImmediate(resolve));
        }
        problems.push(...check(machines));
      } catch (error) {
        problems.push(...problemsOf(error, asked));
      }
    }
    return problems;
  }

  async #fixAll(asked: EditedText): Promise<Answer<'fixAll'>> {
    const options: Omit<CheckOptions, 'text'> = this.#checkOptions(asked);
    let { text } = asked;
    let count = 0;
    for (const { selection } of profilesOf(asked)) {
      const readFixed = (each: string) => read({ ...asked, text: each, selection });
      const made = await fixProfile(text, readFixed, options);
      text = made.text;
      count += made.fixed.length;
    }
    return { edits: text === asked.text ? [] : [textDifference(asked.text, text)], fixed: count };
  }

  #checkOptions({ settings }: EditedText): Omit<CheckOptions, 'text'> & { libseccomp: Libseccomp } {
    const { architectures, target, runtime, libseccomp, kernel, capabilities, ignore } = settings;
    return {
      libseccomp: this.#library,
      targets: architectures,
      engine: target ?? undefined,
      runtime,
      libseccompVersion: libseccomp ?? undefined,
      kernel: kernel ?? undefined,
      capabilities: capabilities ?? undefined,
      ignore,
    };
  }

  async #decide({ call, ...asked }: Question<'decide'>): Promise<readonly HoverTarget[]> {
    const targets = await this.#targets(asked);
    return targets.map(({ machine, notes, compiled }) =>
      hoverTarget(call, { architecture: machine.name, notes, filter: compiled }, this.#library),
    );
  }

  async #count({ selections, ...asked }: Question<'count'>): Promise<Answer<'count'>> {
    const counts: (string | undefined)[] = [];
    for (const selection of selections) {
      const counted = this.#countOf({ ...asked, selection });
      counts.push(
        await counted.catch((error) => {
          if (error instanceof ScmpError) return undefined;
          throw error;
        }),
      );
    }
    return counts;
  }

  /** `x86_64: denies 4 calls, allows 311, 5 by arguments`; undefined where there is no filter. */
  async #countOf(asked: EditedProfile): Promise<string | undefined> {
    const [first] = await this.#targets(asked, 1);
    if (!first?.compiled) return undefined;
    const { program } = first.compiled;
    const named = nameTable(policyTable(program, { endianness: first.machine.endianness }), this.#library);
    const own = named.architectures.find(({ architecture }) => architecture === first.machine.name);
    if (!own) return undefined;
    const counts = { denied: 0, allowed: 0, both: 0 };
    for (const { decisions } of own.calls) {
      const permitted = decisions.filter(({ action }) => permits(action)).length;
      counts[permitted === decisions.length ? 'allowed' : permitted === 0 ? 'denied' : 'both']++;
    }
    const byArguments = counts.both > 0 ? `, ${counts.both} by arguments` : '';
    return `${first.machine.name}: denies ${counts.denied} ${counts.denied === 1 ? 'call' : 'calls'}, allows ${counts.allowed}${byArguments}`;
  }

  async #compare(before: EditedProfile, after: EditedProfile, names: readonly [string, string]): Promise<string> {
    const [olds, news] = await Promise.all([this.#filters(before), this.#filters(after)]);
    const texts = news.flatMap(({ machine, compiled }) => {
      const old = olds.find((each) => each.machine === machine);
      if (!old) return [];
      const libseccomp = this.#library;
      const differences = nameComparison(compareDecisions(old.compiled, compiled), libseccomp);
      const text = formatComparison(differences, {
        first: machine.name,
        width: DEFAULT_WIDTH,
        paint: PLAIN,
        libseccomp,
      });
      return [text === '' ? `compiled for ${machine.name}: no difference\n` : `compiled for ${machine.name}:\n${text}`];
    });
    return `${names[0]} → ${names[1]}\n${texts.join('\n')}`;
  }

  async #simulate({ call, args, ...asked }: Question<'simulate'>): Promise<string> {
    const libseccomp = this.#library;
    const naming = syscallNaming(libseccomp);
    const filters = await this.#filters(asked);
    return filters
      .map(({ machine, compiled }) => {
        const parsed = parseCall({ syscall: call, args, architecture: machine, ...naming });
        const { action } = createSimulator(compiled).simulate(parsed.data);
        return `${machine.name}: ${[call, ...args].join(' ')}: ${formatAction(action as Action, machine.name)}`;
      })
      .join('\n');
  }

  async #explain({ call, ...asked }: Question<'explain'>): Promise<string> {
    const libseccomp = this.#library;
    const targets = (await this.#targets(asked)).filter(({ compiled }) => compiled);
    if (targets.length === 0) await this.#filters(asked);
    return targets
      .map(({ machine, compiled }) => {
        const filter = compiled as NonNullable<CompiledTarget['compiled']>;
        if (call === undefined) {
          const table = policyTable(filter.program, { endianness: machine.endianness });
          return `compiled for ${machine.name}:\n${formatPolicy(nameTable(table, libseccomp))}`;
        }
        const { answers } = answerCall(filter, call, libseccomp);
        return answers.map((each) => formatCallAnswer(each, filter, { paint: PLAIN, width: DEFAULT_WIDTH })).join('\n');
      })
      .join('\n');
  }

  /** The filters of the machines; the error of the first, where there is none. */
  async #filters(asked: EditedProfile) {
    const targets = await this.#targets(asked);
    return targets.map(({ machine, compiled, error }) => {
      if (!compiled) throw error;
      return { machine, compiled: compiled.profile.entries.compiled };
    });
  }

  #targets(asked: EditedProfile, count?: number): Promise<readonly CompiledTarget[]> {
    const key = JSON.stringify([asked, count]);
    const known = this.#compiled.get(key);
    if (known) return known;
    const compiled = this.#compile(asked, count);
    this.#compiled.set(key, compiled);
    compiled.catch(() => this.#compiled.delete(key));
    for (const oldest of this.#compiled.keys()) {
      if (this.#compiled.size <= KEPT) break;
      this.#compiled.delete(oldest);
    }
    return compiled;
  }

  async #compile(asked: EditedProfile, count: number | undefined): Promise<readonly CompiledTarget[]> {
    const profile = await read(asked);
    const { targets: _, engine: _engine, ignore: _ignore, ...options } = this.#checkOptions(asked);
    const { capabilities, kernel } = options;
    const { conditions } = behaviourOf(options);
    return machinesOf(profile, asked)
      .slice(0, count)
      .map((machine): CompiledTarget => {
        const explanation = explainResolution(profile, { arch: machine, capabilities, kernel });
        try {
          const entries = compileEntriesWith(profile, { ...options, arch: machine.name });
          const { program } = entries.compiled;
          const notes = ruleNotes(entries.resolution.policy.rules, explanation, asked.path, conditions);
          return {
            machine,
            notes,
            compiled: { program, endianness: machine.endianness, profile: { source: profile.source, entries } },
          };
        } catch (error) {
          if (!(error instanceof ScmpError)) throw error;
          return { machine, notes: ruleNotes([], explanation, asked.path, conditions), compiled: undefined, error };
        }
      });
  }
}

/** How many compiled profiles are kept: the one that is asked about, and its committed self. */
const KEPT = 3;

interface CompiledTarget {
  readonly machine: Architecture;
  readonly notes: HoverTarget['notes'];
  readonly compiled:
    | {
        program: Uint8Array;
        endianness: Architecture['endianness'];
        profile: { source: string | undefined; entries: ReturnType<typeof compileEntriesWith> };
      }
    | undefined;
  readonly error?: ScmpError;
}

/** The machines that were asked for, or those that the profile is for. */
function machinesOf(profile: ParsedProfile, { settings }: EditedText): readonly Architecture[] {
  const asked = settings.architectures.flatMap((name) => findArchitecture(name) ?? []);
  return asked.length > 0 ? [...new Set(asked)] : defaultTargets(profile);
}

/** The profiles of a text, with all that each extends and includes, as the commands read them; one, where it has one. */
function profilesOf(asked: EditedText): readonly InputProfile[] {
  const { text, path, settings } = asked;
  const input = { bytes: new TextEncoder().encode(text), source: path };
  const { runtime, base, ociLayout } = settings;
  const flags = { from: formatOf(asked), base: base ?? undefined, ociLayout: [...ociLayout], runtime };
  const one: InputProfile = { selection: {}, read: () => profileOfInput(input, flags) };
  return inputProfiles(input, flags)?.profiles ?? [one];
}

/** One of them. */
async function read({ selection: { document, thread }, ...asked }: EditedProfile): Promise<ParsedProfile> {
  const profiles = profilesOf(asked);
  const isAsked = ({ selection }: InputProfile) => selection.document === document && selection.thread === thread;
  return (profiles.find(isAsked) ?? (profiles[0] as InputProfile)).read();
}

/** The format that is named, or that the file's name says where the content does not. */
export function formatOf({ text, path, named }: EditedText): EditedText['named'] {
  if (named !== undefined) return named;
  const { syntax } = editorFormat(text, { fileName: path });
  return syntax === 'json' || syntax === 'yaml' ? undefined : syntax;
}

/** What there is to say of an error; where a file has no profile in it, nothing. */
function problemsOf(error: unknown, { path }: EditedText): Problem[] {
  const problems = problemsOfError(error, path, TERMS);
  if (!(error instanceof ScmpError)) return problems.map((each) => ({ ...each, message: errorWords(error) }));
  if (problems.every(({ id }) => id === 'no-seccomp-section')) return [];
  return problems.map((each) => ({ ...each, message: each.message || errorText(error) }));
}

const errorWords = (error: unknown) =>
  `a fault of scmp, please report it: ${error instanceof Error ? error.message : String(error)}`;

/** The machine of a name, for completion. */
export const firstArchitecture = ({ architectures }: EditedText['settings']): ArchitectureName =>
  parseArchitecture(architectures[0] ?? 'x86_64').name;
