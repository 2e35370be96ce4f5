import { encodeAction } from '../../action.js';
import { parseArchitecture } from '../../architecture.js';
import { createSimulator, disassemble, Opcode, type Simulator } from '../../bpf/index.js';
import { INSTRUCTION_SIZE } from '../../bpf/program/instruction.js';
import { CompileError } from '../../compiler/compile-error.js';
import { compileParsedWith } from '../../compiler/compile-parsed-profile.js';
import type { CompiledFilter, OwnCompileOptions } from '../../compiler/compile-policy.js';
import { type ProblemTerms, problemOfFinding, problemOfWarning, problemsOfError } from '../../editor/problems.js';
import { ruleNotes } from '../../editor/rule-notes.js';
import { type Libseccomp, loadLibseccomp, syscallNaming } from '../../libseccomp/index.js';
import type { PolicyRule } from '../../policy.js';
import type { ParsedProfile } from '../../profile/model/parsed-profile.js';
import { explainResolution } from '../../profile/resolve/explain-resolution.js';
import { resolvePolicy } from '../../profile/resolve/resolve-policy.js';
import { type EntryPlace, entriesByCall, entryPlaces } from './entry-places.js';
import { actionLabel, costOf, listedSyscalls, mapCalls } from './policy-map.js';
import type { BadCall, PolicyMap, RequestBody, RequestName, ResponseTo, Settings } from './protocol.js';
import { readText } from './read-text.js';
import { callForm, simulateCall } from './simulate-call.js';
import { verdictOf } from './verdict.js';

const TERMS: ProblemTerms = {
  minimize: 'Choose “min” under “Optimise”: that program is not made by libseccomp',
  place: 'this page',
};

/** Everything the page computes, in whichever worker it runs. It keeps the last profile that compiled. */
export class Engine {
  #libseccomp: Libseccomp | undefined;
  #revision = 0;
  #compiled: CompiledFilter | undefined;
  #simulator: Simulator | undefined;
  /** What the last profile that compiled says: its rules for the target, and where they stand. */
  #rules: readonly PolicyRule[] = [];
  #map: Pick<PolicyMap, 'rules' | 'defaultAction'> | undefined;
  #entries: readonly EntryPlace[] = [];

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
      const { rules, defaultAction } = this.#map;
      const { name = '', action } = simulated;
      const asked = { name, architecture: call.architecture, action, args };
      const verdict = verdictOf(asked, this.#rules, rules[name] ?? [], defaultAction);
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
      const [{ checkProfile }, parsed, libseccomp] = await Promise.all([
        import('../../check/check-profile.js'),
        readText(profile),
        this.#library(),
      ]);
      const { text } = profile;
      const { capabilities, kernel } = targetOf(settings);
      const { findings } = checkProfile(parsed, { libseccomp, text, targets: [settings.arch], capabilities, kernel });
      return { problems: findings.map((finding) => problemOfFinding(finding, profile.source)) };
    },
    compare: async ({ before, after, settings }) => {
      const { comparePrograms } = await import('./compare-programs.js');
      let current = before;
      try {
        const first = await this.#compiledFrom(before, settings);
        current = after;
        return comparePrograms(first, await this.#compiledFrom(after, settings), await this.#library());
      } catch (error) {
        return { kind: 'refused', problems: problemsOfError(error, current.source, TERMS) };
      }
    },
    export: async ({ format, settings, ...profile }) => {
      const { exportProfile } = await import('./export-profile.js');
      try {
        const libseccomp = await this.#library();
        const parsed = await readText(profile);
        const options = { ...targetOf(settings), ...(await backEndOf(settings)), libseccomp };
        const content = exportProfile(parsed, format, options);
        return { kind: 'exported', revision: this.#revision, ...content };
      } catch (error) {
        const messages = problemsOfError(error, profile.source, TERMS).map(({ path, message, advice }) =>
          [path, message, advice].filter(Boolean).join(': '),
        );
        return { kind: 'failed', message: messages.join('\n') };
      }
    },
    complete: async ({ text, offset }) => (await import('../../editor/complete.js')).complete(text, offset),
  };

  answer<K extends RequestName>(name: K, question: RequestBody<K>): Promise<ResponseTo<K>> {
    return this.#handlers[name](question);
  }

  async #compile({ settings, ...profile }: RequestBody<'compile'>): Promise<ResponseTo<'compile'>> {
    const start = performance.now();
    const { source } = profile;
    try {
      const libseccomp = await this.#library();
      const parsed = await readText(profile);
      const target = targetOf(settings);
      const options = { ...target, ...(await backEndOf(settings)), libseccomp };
      const compiled = compileParsedWith(parsed, options);
      const resolveOptions = { ...target, arch: parseArchitecture(settings.arch) };
      const { policy } = resolvePolicy(parsed, resolveOptions);
      const { architectures, otherArchitectures } = mapCalls(compiled, libseccomp);
      const explanation = explainResolution(parsed, resolveOptions);
      const defaultAction = actionLabel(encodeAction(policy.defaultAction), settings.arch);
      const rules = ruleNotes(policy.rules, explanation, source);
      const entries = entryPlaces(explanation, profile.text, source);
      this.#compiled = compiled;
      this.#simulator = undefined;
      this.#rules = policy.rules;
      this.#map = { rules, defaultAction };
      this.#entries = entries;
      this.#revision++;
      return {
        kind: 'compiled',
        revision: this.#revision,
        source,
        format: parsed.format,
        arches: compiled.arches,
        flags: compiled.flags,
        usesListener: compiled.usesListener,
        instructions: compiled.program.length / INSTRUCTION_SIZE,
        instructionsOfLibseccomp: settings.optimize === 'min' ? lengthOfLibseccomps(parsed, options) : undefined,
        bytes: compiled.program.length,
        ...costOf(architectures),
        map: {
          architectures,
          otherArchitectures,
          rules,
          defaultAction,
        },
        entries,
        problems: compiled.warnings.map((warning) => problemOfWarning(warning, source)),
        milliseconds: performance.now() - start,
      };
    } catch (error) {
      return { kind: 'refused', problems: problemsOfError(error, source, TERMS) };
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
    const { instructionOwners } = await import('./instruction-owners.js');
    const [target] = compiled.arches;
    const named = entriesByCall(entries);
    const calls = compiled.arches.flatMap((name) => {
      const architecture = parseArchitecture(name);
      const { auditArch } = architecture;
      return listedSyscalls(libseccomp, architecture)
        .filter((call) => named.has(call.name))
        .map((call) => ({ ...call, auditArch }));
    });
    const disassembled = disassemble(compiled, syscallNaming(libseccomp));
    const owners = instructionOwners(disassembled, simulate, calls);
    const lines = disassembled.map(
      ({ text, comment, successors, architectures, reachable, instruction: { code, k } }, index) => {
        const names = [...new Set(owners[index]?.map((call) => (calls[call] as (typeof calls)[number]).name))];
        return {
          text,
          comment,
          successors,
          architectures,
          reachable,
          action: code === Opcode.RET_K ? actionLabel(k, target) : undefined,
          calls: names,
          entries: [...new Set(names.flatMap((name) => named.get(name) ?? []))],
        };
      },
    );
    return { revision, lines };
  }

  async #compiledFrom(profile: { text: string; source: string }, settings: Settings): Promise<CompiledFilter> {
    const libseccomp = await this.#library();
    const parsed: ParsedProfile = await readText(profile);
    return compileParsedWith(parsed, { ...targetOf(settings), ...(await backEndOf(settings)), libseccomp });
  }

  /** An instance that was stopped for too much work cannot be used any more. */
  async #library(): Promise<Libseccomp> {
    if (!this.#libseccomp?.usable) this.#libseccomp = await loadLibseccomp();
    return this.#libseccomp;
  }
}

function targetOf({ arch, capabilities, kernel }: Settings) {
  return { arch, capabilities, kernel: kernel.trim() === '' ? undefined : kernel.trim() };
}

/** The maker of the program; the minimiser is loaded when it is needed. */
async function backEndOf({ optimize }: Settings): Promise<Pick<OwnCompileOptions, 'optimize' | 'minimizer'>> {
  if (optimize !== 'min') return { optimize };
  const { minimizeRules } = await import('../../compiler/minimize-rules.js');
  return { optimize, minimizer: minimizeRules };
}

/** The length that the minimiser's program is compared with; undefined where libseccomp makes no correct one. */
function lengthOfLibseccomps(parsed: ParsedProfile, options: OwnCompileOptions): number | undefined {
  try {
    return compileParsedWith(parsed, { ...options, optimize: 0 }).program.length / INSTRUCTION_SIZE;
  } catch (error) {
    if (error instanceof CompileError) return undefined;
    throw error;
  }
}
