import { encodeAction } from '../../action.js';
import { parseArchitecture } from '../../architecture.js';
import { createSimulator, type Simulator } from '../../bpf/execution/simulate.js';
import { INSTRUCTION_SIZE } from '../../bpf/program/instruction.js';
import { CompileError } from '../../compiler/compile-error.js';
import { compileEntriesWith, compileParsedWith } from '../../compiler/compile-parsed-profile.js';
import type { CompiledFilter, OwnCompileOptions } from '../../compiler/compile-policy.js';
import type { CompiledRules } from '../../compiler/expected-decisions.js';
import { behaviourOf } from '../../compiler/runtime.js';
import {
  type Problem as EditorProblem,
  type ProblemTerms,
  problemOfFinding,
  problemOfWarning,
  problemsOfError,
} from '../../editor/problems.js';
import { problemSpan, quickFixes } from '../../editor/quick-fixes.js';
import { ruleNotes } from '../../editor/rule-notes.js';
import { type Libseccomp, loadLibseccomp } from '../../libseccomp/index.js';
import type { ParsedProfile } from '../../profile/model/parsed-profile.js';
import { explainResolved } from '../../profile/resolve/explain-resolution.js';
import type { Settings } from '../settings/settings.js';
import { compileOptionsOf, targetOf } from './compile-options.js';
import { type EntryPlace, entryPlaces } from './entry-places.js';
import { actionLabel, costOf, listedSyscalls, mapCalls } from './policy-map.js';
import type {
  BadCall,
  Failed,
  PolicyMap,
  Problem,
  ProfileText,
  RequestBody,
  RequestName,
  ResponseTo,
} from './protocol.js';
import { type ReadInput, readInput } from './read-input.js';
import { callForm, simulateCall } from './simulate-call.js';
import { verdictOf } from './verdict.js';

const TERMS: ProblemTerms = {
  minimize: 'Choose “min” under “Optimise”: that program is not made by libseccomp',
  place: 'this page',
};

/** Everything the page computes, in whichever worker it runs. It keeps the last profile that compiled. */
export class Engine {
  #libseccomp: Libseccomp | undefined;
  /** No two profiles have the same, of whatever worker: another one may take this one's place. */
  #revision = Date.now();
  #compiled: CompiledFilter | undefined;
  /** The text that it was compiled from. */
  #text: string | undefined;
  #simulator: Simulator | undefined;
  /** What the last profile that compiled says: its rules in the filter, and where they stand. A program has none. */
  #compiledRules: CompiledRules | undefined;
  #map: Pick<PolicyMap, 'rules' | 'defaultAction'> | undefined;
  #entries: readonly EntryPlace[] = [];
  /** The maps of the last program, and from which revision on it has been the same. */
  #mapped: { since: number; compiled: CompiledFilter; maps: ReturnType<typeof mapCalls> } | undefined;

  readonly #handlers: { [K in RequestName]: (question: RequestBody<K>) => Promise<ResponseTo<K>> } = {
    compile: (question) => this.#compile(question),
    listing: () => this.#listing(),
    simulate: async ({ call }) => {
      const libseccomp = await this.#library();
      if (!this.#compiled) return { kind: 'bad-call', message: 'no profile has compiled yet' };
      this.#simulator ??= createSimulator(this.#compiled);
      const answer = simulateCall(call, this.#simulator, libseccomp);
      if (answer.kind !== 'simulated' || !this.#map) return answer as BadCall;
      const { args, ...simulated } = answer;
      const { rules: notes, defaultAction } = this.#map;
      const { name = '', number, action } = simulated;
      const asked = { name, number, architecture: call.architecture, action, args };
      const compiledRules = this.#compiledRules;
      const verdict = compiledRules ? verdictOf(asked, { compiledRules, notes, defaultAction }) : { entries: [] };
      return { ...simulated, verdict, revision: this.#revision };
    },
    picture: async ({ architecture, syscall }) => {
      const { callPicture } = await import('./call-picture.js');
      const libseccomp = await this.#library();
      const call = listedSyscalls(libseccomp, parseArchitecture(architecture)).find(({ name }) => name === syscall);
      return call && this.#compiled && callPicture(this.#compiled, { ...call, architecture });
    },
    form: async ({ architecture, syscall }) => callForm(architecture, syscall, await this.#library()),
    check: async ({ settings, ...profile }) => {
      const { checkInput } = await import('./check-input.js');
      const libseccomp = await this.#library();
      const input = await readInput(profile, settings, libseccomp);
      const findings = await checkInput(input, profile, settings, libseccomp);
      const problems = findings.map((finding) => problemOfFinding(finding, profile.source));
      return { problems: await shownProblems(problems, profile.text) };
    },
    compare: async ({ before, after, settings }) => {
      const { comparePrograms } = await import('./compare-programs.js');
      let current = before;
      try {
        const libseccomp = await this.#library();
        const other = await makeFilter(await readInput(before, settings, libseccomp), settings, libseccomp, before);
        current = after;
        const compared = comparePrograms(other.compiled, await this.#filterOf(after, settings), libseccomp);
        return { ...compared, entriesBefore: other.entries };
      } catch (error) {
        const problems = problemsOfError(error, current.source, TERMS);
        return { kind: 'refused', problems: await shownProblems(problems, current.text) };
      }
    },
    combine: async ({ how, before, after, settings }) => {
      const { combineProfiles } = await import('./export-profile.js');
      let current = before;
      try {
        const libseccomp = await this.#library();
        const first = { input: await readInput(before, settings, libseccomp), source: before.source };
        current = after;
        const second = { input: await readInput(after, settings, libseccomp), source: after.source };
        const options = await compileOptionsOf(settings, libseccomp);
        return combineProfiles(how, [first, second], { ...options, libseccomp });
      } catch (error) {
        return failed(error, current.source);
      }
    },
    beside: async ({ settings, ...profile }) => {
      const programs: ResponseTo<'beside'>['programs'][number][] = [];
      for (const arch of settings.beside) {
        try {
          const compiled = await this.#filterOf(profile, { ...settings, arch });
          const { architectures } = mapCalls(compiled, await this.#library());
          programs.push({ arch, arches: compiled.arches, instructions: lengthOf(compiled), ...costOf(architectures) });
        } catch (error) {
          const problems = problemsOfError(error, profile.source, TERMS);
          const [problem] = await shownProblems(problems, profile.text);
          programs.push({ arch, refused: problem?.message ?? 'it does not compile' });
        }
      }
      return { programs };
    },
    explain: async ({ settings, ...profile }) => {
      const { explainProgram } = await import('./explain-program.js');
      try {
        return {
          kind: 'explained',
          text: explainProgram(await this.#filterOf(profile, settings), await this.#library()),
        };
      } catch (error) {
        return failed(error, profile.source);
      }
    },
    export: async ({ format, settings, ...profile }) => {
      const { exportInput } = await import('./export-profile.js');
      try {
        const libseccomp = await this.#library();
        const input = await readInput(profile, settings, libseccomp);
        const options = await compileOptionsOf(settings, libseccomp);
        const content = await exportInput(input, profile.source, format, { ...options, libseccomp });
        return { kind: 'exported', revision: this.#revision, ...content };
      } catch (error) {
        return failed(error, profile.source);
      }
    },
    open: async (file) => (await import('./open-file.js')).openFile(file, await this.#library()),
    why: async ({ log, profile, settings }) => {
      const { whyDenied } = await import('./why-denied.js');
      const libseccomp = await this.#library();
      try {
        const input = await readInput(profile, settings, libseccomp).catch(() => undefined);
        const parsed = input?.kind === 'profile' ? input.parsed : undefined;
        return await whyDenied(log, parsed, settings, libseccomp);
      } catch (error) {
        return failed(error, log.source);
      }
    },
    add: async ({ profile, settings, addition, name, architecture }) => {
      const { addVerified } = await import('./add-verified.js');
      const libseccomp = await this.#library();
      try {
        const compile = (text: string) => this.#filterOf({ ...profile, text }, settings);
        const input = await readInput(profile, settings, libseccomp);
        return await addVerified(profile, input, { addition, name, architecture, libseccomp, compile });
      } catch (error) {
        return failed(error, profile.source);
      }
    },
    complete: async ({ offset, settings, ...profile }) => {
      const [{ complete }, { namedFormat }] = await Promise.all([
        import('../../editor/complete.js'),
        import('./text-tokens.js'),
      ]);
      const options = { ...namedFormat(profile, settings), architecture: settings.arch };
      return complete(profile.text, offset, options);
    },
    hover: async ({ offset, settings, ...profile }) => {
      const { hoverIn } = await import('./hover-in.js');
      const compiled = this.#compiled;
      const isSame = compiled !== undefined && this.#map !== undefined && this.#text === profile.text;
      const [architecture = settings.arch] = compiled?.arches ?? [];
      const target = isSame ? { architecture, notes: this.#map?.rules ?? {}, filter: compiled } : undefined;
      return hoverIn(profile, settings, offset, target, await this.#library());
    },
    tokens: async ({ settings, ...profile }) => (await import('./text-tokens.js')).textTokens(profile, settings),
  };

  /** Load libseccomp while the page is still reading: the first question then need not wait for it. */
  prepare(): void {
    void this.#library().catch(() => {});
  }

  answer<K extends RequestName>(name: K, question: RequestBody<K>): Promise<ResponseTo<K>> {
    return this.#handlers[name](question);
  }

  async #compile({ settings, known = 0, ...profile }: RequestBody<'compile'>): Promise<ResponseTo<'compile'>> {
    const start = performance.now();
    const { source } = profile;
    try {
      const libseccomp = await this.#library();
      const input = await readInput(profile, settings, libseccomp);
      const made = await makeFilter(input, settings, libseccomp, profile);
      const { compiled } = made;
      this.#revision++;
      const last = this.#mapped && isSameProgram(this.#mapped.compiled, compiled) ? this.#mapped : undefined;
      const isMapKnown = last !== undefined && known >= last.since && known < this.#revision;
      this.#mapped = last ?? { since: this.#revision, compiled, maps: mapCalls(compiled, libseccomp) };
      const { architectures, otherArchitectures } = this.#mapped.maps;
      const [own] = architectures;
      const defaultAction = made.defaultAction ?? own?.otherNumbers.actions[0] ?? otherArchitectures[0]!.actions[0]!;
      this.#compiled = compiled;
      this.#simulator = undefined;
      this.#compiledRules = made.compiledRules;
      this.#map = { rules: made.rules, defaultAction };
      this.#entries = made.entries;
      this.#text = profile.text;
      return {
        kind: 'compiled',
        revision: this.#revision,
        source,
        format: made.format,
        arches: compiled.arches,
        flags: compiled.flags,
        usesListener: compiled.usesListener,
        instructions: lengthOf(compiled),
        instructionsOfLibseccomp: made.instructionsBefore,
        bytes: compiled.program.length,
        ...costOf(architectures),
        isMapKnown,
        map: {
          architectures: isMapKnown ? [] : architectures,
          otherArchitectures: made.otherArchitectures ?? otherArchitectures,
          rules: made.rules,
          defaultAction,
        },
        entries: made.entries,
        problems: await shownProblems(
          compiled.warnings.map((warning) => problemOfWarning(warning, source)),
          profile.text,
        ),
        milliseconds: performance.now() - start,
      };
    } catch (error) {
      return { kind: 'refused', problems: await shownProblems(problemsOfError(error, source, TERMS), profile.text) };
    }
  }

  async #listing(): Promise<ResponseTo<'listing'>> {
    const compiled = this.#compiled;
    const libseccomp = this.#libseccomp;
    if (!compiled || !libseccomp) return undefined;
    const revision = this.#revision;
    const entries = this.#entries;
    this.#simulator ??= createSimulator(compiled);
    const { simulate } = this.#simulator;
    const { listingLines } = await import('./listing-lines.js');
    return { revision, lines: listingLines(compiled, { entries, simulate, libseccomp }) };
  }

  async #filterOf(profile: ProfileText, settings: Settings): Promise<CompiledFilter> {
    const libseccomp = await this.#library();
    const input = await readInput(profile, settings, libseccomp);
    return (await makeFilter(input, settings, libseccomp)).compiled;
  }

  /** An instance that was stopped for too much work cannot be used any more. */
  async #library(): Promise<Libseccomp> {
    if (!this.#libseccomp?.usable) this.#libseccomp = await loadLibseccomp();
    return this.#libseccomp;
  }
}

interface MadeFilter {
  compiled: CompiledFilter;
  format: string;
  /** Undefined: it is a program. */
  compiledRules: CompiledRules | undefined;
  rules: PolicyMap['rules'];
  entries: readonly EntryPlace[];
  /** Undefined: nothing says so but the program. */
  defaultAction: PolicyMap['defaultAction'] | undefined;
  /** Undefined where the program was compiled: it has one answer to all. */
  otherArchitectures?: PolicyMap['otherArchitectures'] | undefined;
  /** With `min`: the length of the program that this one is compared with. */
  instructionsBefore: number | undefined;
}

/**
 * The filter of a profile; a program is one, or with `min` a smaller one that decides alike. `shown`: the text whose
 * entries are shown beside it.
 */
async function makeFilter(
  input: ReadInput,
  settings: Settings,
  libseccomp: Libseccomp,
  shown?: ProfileText,
): Promise<MadeFilter> {
  if (input.kind === 'program') {
    const { programFilter } = await import('./program-filter.js');
    const { filter, instructionsBefore, otherArchitectures } = await programFilter(input, settings, libseccomp);
    return {
      compiled: { ...filter, flags: [], usesListener: false, warnings: [] },
      format: `program (${input.form})`,
      compiledRules: undefined,
      rules: {},
      entries: [],
      defaultAction: undefined,
      otherArchitectures,
      instructionsBefore,
    };
  }
  const { parsed } = input;
  const options = await compileOptionsOf(settings, libseccomp);
  const { compiled, compiledRules, resolution } = compileEntriesWith(parsed, options);
  const { policy } = compiledRules;
  const resolveOptions = { ...targetOf(settings), arch: parseArchitecture(settings.arch) };
  const explanation = shown && explainResolved(parsed, resolution, resolveOptions);
  return {
    compiled,
    format: parsed.format,
    compiledRules,
    rules:
      shown && explanation ? ruleNotes(policy.rules, explanation, shown.source, behaviourOf(options).conditions) : {},
    entries: shown && explanation ? entryPlaces(explanation, shown.text, shown.source) : [],
    defaultAction: actionLabel(encodeAction(policy.defaultAction), settings.arch),
    instructionsBefore: settings.words.optimize === 'min' ? lengthOfLibseccomps(parsed, options) : undefined,
  };
}

function failed(error: unknown, source: string): Failed {
  const messages = problemsOfError(error, source, TERMS).map(({ path, message, advice }) =>
    [path, message, advice].filter(Boolean).join(': '),
  );
  return { kind: 'failed', message: messages.join('\n') };
}

const isSameProgram = (a: CompiledFilter, b: CompiledFilter) =>
  a.arches.join() === b.arches.join() &&
  a.program.length === b.program.length &&
  a.program.every((byte, at) => byte === b.program[at]);

const lengthOf = ({ program }: { program: Uint8Array }) => program.length / INSTRUCTION_SIZE;

/** The length that the minimiser's program is compared with; undefined where libseccomp makes no correct one. */
function lengthOfLibseccomps(parsed: ParsedProfile, options: OwnCompileOptions): number | undefined {
  try {
    return lengthOf(compileParsedWith(parsed, { ...options, optimize: 0, weights: undefined }));
  } catch (error) {
    if (error instanceof CompileError) return undefined;
    throw error;
  }
}

/** Problems of a text as the page shows them, in its terms, with what fixes them. */
async function shownProblems(problems: readonly EditorProblem[], text: string): Promise<readonly Problem[]> {
  // What translates them is loaded where one names a flag of the command.
  const hasFlag = problems.some(({ message, advice = '' }) => /--[a-z]/.test(`${message} ${advice}`));
  const translated = hasFlag ? problems.map((await import('../settings/panel-terms.js')).inPanelTerms) : problems;
  return translated.map((problem) => {
    const { fix: _, ...shown } = problem;
    const { offset } = problem;
    const span = offset === undefined || offset > text.length ? undefined : problemSpan(text, offset);
    return { ...shown, span, fixes: quickFixes(problem, text) };
  });
}
