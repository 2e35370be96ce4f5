import type { Architecture } from '../../architecture.js';
import { buildDecisionDiagram, terminalAction } from '../../bpf/decisions/decision-diagram.js';
import { type Node, ProgramTooComplexError } from '../../bpf/decisions/diagram-store.js';
import { CompileError } from '../../compiler/compile-error.js';
import type { CompiledRules } from '../../compiler/expected-decisions.js';
import { compileParsedProfile } from '../../compiler/library.js';
import { callsBehind, isMultiplexer } from '../../compiler/multiplexed-calls.js';
import { proveConditions } from '../../compiler/prove-decisions.js';
import { hasTrapData, readSection } from '../../decompile/read-section.js';
import type { Libseccomp } from '../../libseccomp/index.js';
import { ProfileError, type ProfileIssue } from '../../profile/document/profile-error.js';
import { type OutputFormat, writtenFormat } from '../../profile/formats/index.js';
import { type WriteTarget, writeProfile } from '../../profile/formats/write-profile.js';
import type { ParsedProfile } from '../../profile/model/parsed-profile.js';
import type { DockerSeccomp } from '../../profile/model/schema.js';
import type { AskedMachine } from './asked-machine.js';
import { type CallDetail, EXACT, nextExact, nextStricter } from './call-detail.js';
import { ComposeError } from './compose-error.js';
import type { InputCompileOptions } from './compose-input.js';
import type { MachineLoss } from './compose-report.js';
import {
  type DifferentCall,
  type DifferentElsewhere,
  describeChanges,
  differentCalls,
  isWeaker,
  type ProgramDifference,
  programDifference,
  runsLess,
  runsMore,
} from './difference.js';
import { type Draft, type DraftSettings, draftProfile } from './draft-profile.js';
import { listed } from './origin.js';

export interface FitSettings {
  readonly libseccomp: Libseccomp;
  readonly labels: readonly string[];
  readonly to: OutputFormat;
  readonly stricter: boolean;
  readonly compileOptions: InputCompileOptions;
  /** What to call the profile in messages. */
  readonly source: string;
  /** The keys beside the decisions, for a profile that notifies, or does not. */
  keysFor(notifies: boolean): Pick<DockerSeccomp, 'flags' | 'listenerPath' | 'listenerMetadata'>;
}

export interface FittedProfile {
  readonly profile: ParsedProfile;
  /** That it is written for. */
  readonly target: WriteTarget;
  /** With the architectures that the profile has. */
  readonly machines: readonly AskedMachine[];
  readonly lost: readonly MachineLoss[];
  readonly differences: readonly string[];
}

/** Calls that an error names before it counts the others. */
const NAMED = 8;

type Machines = readonly [AskedMachine, ...AskedMachine[]];

/**
 * The profile whose program decides as was asked for. Entries are made, compiled, and compared on every input; those of
 * calls that fail are made in another way, until all hold or there is no other way. An architecture of which no call may
 * run is left out where it is in the way, and a stricter profile is tried last.
 *
 * @throws {ComposeError} when there is none, with the calls that are in the way
 */
export function profileFor(machines: Machines, settings: FitSettings): FittedProfile {
  const withoutIdle = machines.map((asked) => ({
    ...asked,
    abis: asked.abis.filter((each) => !asked.idle.includes(each)),
  })) as unknown as Machines;
  if (machines.some(({ idle }) => idle.length > 0)) {
    try {
      return new Fitting(machines, machines, { ...settings, stricter: false }).run();
    } catch (error) {
      if (!(error instanceof ComposeError) || error.code !== 'NOT_EXPRESSIBLE') throw error;
    }
  }
  return new Fitting(machines, withoutIdle, settings).run();
}

/** Each round changes the way of calls, leaves an architecture out, shows that calls hold alone, or ends. */
const MAX_ROUNDS = 64;

/** As compiling proves it, with less work: entries that take more are made in another way. */
const verify = (rules: CompiledRules): void => proveConditions(rules, { steps: 2 ** 19 });

/** Why calls failed in a round. */
interface Failure {
  readonly name: string;
  /** Without the name: calls fail alike. */
  readonly reason: string;
  /** Other entries of the same decisions may do. */
  readonly mayBeExact: boolean;
}

class Fitting {
  readonly #settings: FitSettings;
  /** With all architectures that the profile was to have. */
  readonly #wanted: Machines;
  readonly #details = new Map<string, CallDetail>();
  readonly #multiplexers = new Set<string>();
  readonly #entries: DraftSettings['entries'] = new WeakMap();
  #machines: Machines;
  #compiler: Libseccomp | undefined;
  /**
   * The calls that were changed last: they are tried alone until they hold, since a whole profile takes much longer.
   * Undefined where the whole is to be tried.
   */
  #tried: ReadonlySet<string> | undefined;

  constructor(wanted: Machines, machines: Machines, settings: FitSettings) {
    this.#wanted = wanted;
    this.#machines = machines;
    this.#settings = settings;
  }

  run(): FittedProfile {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const fitted = this.#round();
      if (fitted) return fitted;
    }
    throw this.#error(['it takes too many attempts to find entries']);
  }

  /** Undefined where something was changed or held alone, for another round. */
  #round(): FittedProfile | undefined {
    const { libseccomp, labels } = this.#settings;
    const only = this.#tried;
    const draft = draftProfile(this.#machines, {
      libseccomp,
      labels,
      only,
      hasTrapData: writtenFormat(this.#settings.to).output.hasTrapData === true,
      details: this.#details,
      multiplexers: this.#multiplexers,
      entries: this.#entries,
    });
    this.#checkDefaults(draft);
    if (draft.unsayable.size > 0) {
      this.#change(
        [...draft.unsayable].map(([name, { architecture, reason }]) => ({
          name,
          reason: `on ${architecture}: ${reason}`,
          mayBeExact: false,
        })),
      );
      return undefined;
    }
    if (only === undefined) return this.#whole(draft);
    if (draft.section.syscalls?.length === 0 || this.#holdsAlone(draft, only)) this.#tried = undefined;
    return undefined;
  }

  /** Whether the calls of a draft are decided as was asked for; else they were changed. */
  #holdsAlone({ section }: Draft, names: ReadonlySet<string>): boolean {
    const { libseccomp } = this.#settings;
    const profile = this.#read(section);
    const made = profile && this.#compiled(profile);
    return (
      made !== undefined &&
      this.#accepts(
        this.#machines.map((asked, index) => ({
          asked,
          difference: { calls: differentCalls(asked, made[index]!, { libseccomp, names }), elsewhere: [] },
        })),
      )
    );
  }

  #whole({ section }: Draft): FittedProfile | undefined {
    const { libseccomp } = this.#settings;
    const profile = this.#read(section);
    const made = profile && this.#compiled(profile);
    if (!profile || !made) return undefined;
    const compared = this.#machines.map((asked, index) => ({
      asked,
      difference: programDifference(asked, made[index]!, libseccomp),
    }));
    const target = this.#accepts(compared) ? this.#writtenFor(profile) : undefined;
    if (!target) return undefined;
    return {
      profile,
      target,
      machines: this.#machines,
      lost: compared.map(({ asked, difference: { calls } }, index) => {
        const gone = differentCalls({ ...asked, abis: this.#leftOut(index) }, made[index]!, { libseccomp });
        return { asked, calls: [...calls, ...gone.filter(runsLess)] };
      }),
      differences: compared.flatMap(({ difference }, index) => this.#sentences(difference, index)),
    };
  }

  /** The architectures of a machine that the profile was to have. */
  #leftOut(machine: number): Architecture[] {
    return this.#wanted[machine]!.abis.filter((each) => !this.#machines[machine]!.abis.includes(each));
  }

  /** Calls without an entry are decided alike on all machines, as a profile has it. */
  #checkDefaults({ unsayableDefault }: Draft): void {
    if (unsayableDefault !== undefined) throw this.#error([`calls that have no entry: ${unsayableDefault}`]);
    const [first, ...others] = this.#machines;
    const usual = ({ store, defaultNode }: AskedMachine) => JSON.stringify(terminalAction(store, defaultNode));
    const other = others.find((each) => usual(each) !== usual(first));
    if (other) {
      throw this.#error([
        `calls that have no entry are decided otherwise on ${other.machine.name} than on ${first.machine.name}: ask for one machine at a time`,
      ]);
    }
  }

  #read(section: DockerSeccomp): ParsedProfile | undefined {
    const { source, keysFor } = this.#settings;
    const entries = section.syscalls ?? [];
    const notifies = [section, ...entries.map(({ action }) => ({ defaultAction: action }))].some(
      ({ defaultAction }) => defaultAction === 'SCMP_ACT_NOTIFY',
    );
    try {
      return readSection({ ...section, ...keysFor(notifies) }, source);
    } catch (error) {
      if (!(error instanceof ProfileError)) throw error;
      this.#failIssues(error.issues, section, error);
      return undefined;
    }
  }

  /** The decisions of the programs, which are proven against their entries; undefined where there is none. */
  #compiled(profile: ParsedProfile): Node[] | undefined {
    const { compileOptions, libseccomp } = this.#settings;
    // What is too complex for libseccomp ends its instance, which is the caller's.
    if (!this.#compiler?.usable) this.#compiler = libseccomp.another();
    const own = { ...compileOptions, libseccomp: this.#compiler };
    // libseccomp has no data for TRAP.
    const fallback = hasTrapData(profile) ? 'min' : compileOptions.fallback;
    try {
      return this.#machines.map(({ machine, store }) => {
        const options = { ...own, fallback, arch: machine.name, unknownSyscall: 'ignore', verify } as const;
        const { program } = compileParsedProfile(profile, options);
        return buildDecisionDiagram(program, { store, endianness: machine.endianness }).root;
      });
    } catch (error) {
      if (error instanceof ProfileError) {
        this.#failIssues(error.issues, profile.seccomp, error);
        return undefined;
      }
      if (error instanceof ProgramTooComplexError) {
        const reason = `its entries are too complex to prove: ${error.message}`;
        const names = manyConditions(profile.seccomp);
        if (names.length === 0) throw this.#error([reason], error);
        this.#change(names.map((name) => ({ name, reason, mayBeExact: true })));
        return undefined;
      }
      if (!(error instanceof CompileError)) throw error;
      const names = namesAt(error.path, profile.seccomp);
      const reason = `libseccomp makes no such program: ${error.message}`;
      if (names.length === 0) throw this.#error([reason], error);
      this.#change(names.map((name) => ({ name, reason, mayBeExact: true })));
      return undefined;
    }
  }

  /** Whether what differs is nothing, or may be; else it has been changed. */
  #accepts(compared: readonly { asked: AskedMachine; difference: ProgramDifference }[]): boolean {
    const { stricter } = this.#settings;
    const failures: Failure[] = [];
    const left = new Map<AskedMachine, Set<Architecture>>();
    let isNew = false;
    for (const { asked, difference } of compared) {
      for (const call of difference.calls) {
        if (isMultiplexer(call.name) && !this.#multiplexers.has(call.name)) {
          this.#multiplexers.add(call.name);
          isNew = true;
          continue;
        }
        const exact = nextExact(this.#details.get(call.name) ?? EXACT, this.#mayBePerAbi(asked));
        const isCoarse = (this.#details.get(call.name)?.coarseness ?? 0) > 0;
        if (stricter && (isCoarse || !exact) && !isWeaker(call)) continue;
        if (stricter && !exact && call.architecture !== asked.machine) {
          left.set(asked, (left.get(asked) ?? new Set()).add(call.architecture));
        } else failures.push({ name: call.name, reason: describeCall(call), mayBeExact: !isCoarse });
      }
    }
    if (failures.length > 0) this.#change(failures);
    this.#leaveOut(left);
    if (isNew || failures.length > 0 || left.size > 0) return false;
    const wrong = compared.flatMap(({ difference }) =>
      difference.elsewhere.filter(
        (each) => runsMore(each) || (!stricter && each.architecture !== undefined && runsLess(each)),
      ),
    );
    if (wrong.length > 0) throw this.#error(wrong.map((each) => describeElsewhere(each)));
    return true;
  }

  /**
   * With which target the format says it: none, as people keep it, or the machine, where the format is for one. Undefined
   * where neither does.
   */
  #writtenFor(profile: ParsedProfile): WriteTarget | undefined {
    const [first, ...others] = this.#machines;
    const { machine, abis } = first;
    const targets: WriteTarget[] = others.length > 0 ? [{}] : [{}, this.#targetOf(machine)];
    let failed: ProfileError | undefined;
    for (const target of targets) {
      try {
        writeProfile(profile, this.#settings.to, target);
        return target;
      } catch (error) {
        if (!(error instanceof ProfileError)) throw error;
        failed = error;
      }
    }
    const { issues } = failed!;
    const isAboutArchitectures = issues.some(({ path }) => path?.startsWith('architectures'));
    if (this.#settings.stricter && isAboutArchitectures && others.length === 0 && abis.length > 1) {
      this.#leaveOut(new Map([[first, new Set(abis.slice(1))]]));
    } else this.#failIssues(issues, profile.seccomp, failed!);
    return undefined;
  }

  #targetOf({ name }: Architecture): WriteTarget {
    const { capabilities, kernel } = this.#settings.compileOptions;
    return { arch: name, capabilities, kernel };
  }

  #failIssues(issues: readonly ProfileIssue[], section: DockerSeccomp, cause: ProfileError): void {
    const failures: Failure[] = [];
    const others: string[] = [];
    for (const { path, message } of issues) {
      const names = namesAt(path, section);
      if (names.length === 0) others.push(message);
      else for (const name of names) failures.push({ name, reason: message, mayBeExact: false });
    }
    if (others.length > 0) throw this.#error(others, cause);
    this.#change(failures);
  }

  /**
   * Another way for each call that failed.
   *
   * @throws {ComposeError} when a call has no other
   */
  #change(failures: readonly Failure[]): void {
    const { stricter } = this.#settings;
    const reasons = new Map<string, string[]>();
    const changed = new Set<string>();
    for (const name of new Set(failures.map((each) => each.name))) {
      const own = failures.filter((each) => each.name === name);
      const detail = this.#details.get(name) ?? EXACT;
      const isExact = own.every(({ mayBeExact }) => mayBeExact);
      const next =
        (isExact
          ? nextExact(
              detail,
              this.#machines.some((asked) => this.#mayBePerAbi(asked)),
            )
          : undefined) ?? (stricter ? nextStricter(detail) : undefined);
      if (next) {
        this.#details.set(name, next);
        changed.add(name);
      } else
        for (const reason of new Set(own.map((each) => each.reason)))
          reasons.set(reason, [...(reasons.get(reason) ?? []), name]);
    }
    if (reasons.size > 0) throw this.#error([...reasons].map(([reason, names]) => `${listed(names, NAMED)} ${reason}`));
    // What is behind a multiplexer decides with it.
    this.#tried = new Set(
      [...changed].flatMap((name) => (isMultiplexer(name) ? [name, ...callsBehind(name)] : [name])),
    );
  }

  /** Whether the format has entries for some architectures of the filter alone, and there are several. */
  #mayBePerAbi({ abis }: AskedMachine): boolean {
    return abis.length > 1 && writtenFormat(this.#settings.to).output.hasAbis === true;
  }

  /** Architectures of one machine may be another machine's own. */
  #leaveOut(architectures: ReadonlyMap<AskedMachine, ReadonlySet<Architecture>>): void {
    this.#machines = this.#machines.map((asked) => {
      const left = architectures.get(asked);
      return left ? { ...asked, abis: asked.abis.filter((each) => !left.has(each)) } : asked;
    }) as unknown as Machines;
  }

  #sentences({ elsewhere }: ProgramDifference, machine: number): string[] {
    const where = this.#machines.length > 1 ? `for ${this.#machines[machine]!.machine.name}: ` : '';
    const leftOut = this.#leftOut(machine).map(({ name }) => name);
    return elsewhere.map((each) => `${where}${describeElsewhere(each, leftOut)}`);
  }

  #error(reasons: readonly string[], cause?: unknown): ComposeError {
    const { to, source, stricter } = this.#settings;
    const hint = stricter ? '' : '; the option stricter (--stricter) gives the nearest stricter profile';
    const { phrase } = writtenFormat(to);
    return new ComposeError(
      'NOT_EXPRESSIBLE',
      `${phrase} cannot say the ${source} exactly${hint}`,
      reasons,
      cause === undefined ? undefined : { cause },
    );
  }
}

/** More conditional entries of one call than most profiles have; those of multiplexers count with the calls behind them. */
const MANY = 8;

function manyConditions({ syscalls }: DockerSeccomp): string[] {
  const counts = new Map<string, number>();
  for (const { names, args } of syscalls ?? []) {
    if (!args?.length) continue;
    for (const name of names ?? []) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].filter(([name, count]) => count > MANY || isMultiplexer(name)).map(([name]) => name);
}

/** The names of the entry that a path is in, `syscalls[3].args[0]`. */
function namesAt(path: string | undefined, { syscalls }: DockerSeccomp): readonly string[] {
  const index = /^syscalls\[(\d+)\]/.exec(path ?? '')?.[1];
  return index === undefined ? [] : (syscalls?.[Number(index)]?.names ?? []);
}

function describeCall(call: DifferentCall): string {
  return `on ${call.architecture.name}: ${describeChanges(call, call.architecture)}`;
}

function describeElsewhere(each: DifferentElsewhere, leftOut: readonly string[] = []): string {
  const { architecture } = each;
  const named = leftOut.length > 0 ? ` (${leftOut.join(', ')})` : '';
  const where = architecture
    ? `numbers without a name on ${architecture.name}`
    : `architectures that are not in the profile${named}`;
  return `${where}: ${describeChanges(each, architecture)}`;
}
