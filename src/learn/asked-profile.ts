import { formatAction, isSameAction, permits } from '../action.js';
import { ARCHITECTURES, type Architecture, type ArchitectureName, parseArchitecture } from '../architecture.js';
import type { CompiledProfile } from '../compiler/compile-parsed-profile.js';
import { compileEntriesWith } from '../compiler/compile-parsed-profile.js';
import type { CompiledFilter, OwnCompileOptions } from '../compiler/compile-policy.js';
import { errnoName } from '../errno.js';
import type { Libseccomp } from '../libseccomp/index.js';
import { lookUpSyscallName } from '../libseccomp/index.js';
import type { Action } from '../policy.js';
import { traitsOf } from '../profile/formats/index.js';
import type { ParsedProfile } from '../profile/model/parsed-profile.js';
import { type Denial, explains, type Judge } from './denial-table.js';
import { describeDenial } from './describe-denial.js';
import { allowingLine, clone3Line } from './explain-denial.js';
import { createJudge, type NumberOf } from './judge-calls.js';
import { kernelArchitectures } from './kernel-architectures.js';
import { numberInName } from './numbered-call.js';

/** What a profile has to say of a denied call. */
export interface ProfileAnswer {
  /** The profile's name in messages. */
  source: string;
  /** What it decides, and why. */
  why: string;
  /** Ways to allow the call; none where there is nothing to add. */
  advice: readonly string[];
  /** What allows the call when it is added to the profile, in its syntax; undefined where nothing alone does. */
  addition?: string | undefined;
  /** Whether it is the profile that denies the call, or may be. */
  isDenied: boolean;
}

/** The machine that logs are from. */
export interface AskedMachine {
  /** The one that the logs are from; undefined: the one that runs programs of a call's architecture. */
  machine: ArchitectureName | undefined;
  /** The one that is taken where it runs such programs. */
  host: ArchitectureName;
}

/** Filters with the capabilities that a container usually has, where the caller named none; undefined where they are alike. */
export type CompileUsual = (
  profile: ParsedProfile,
  targets: readonly Architecture[],
  options: Omit<OwnCompileOptions, 'arch'>,
) => readonly (CompiledFilter | undefined)[];

interface Compiled extends CompiledProfile {
  judge: Judge;
  judgeUsual: Judge | undefined;
}

/** A profile that is asked about the calls of logs, on the machine each of them is from. */
export class AskedProfile {
  readonly profile: ParsedProfile;
  readonly #options: Omit<OwnCompileOptions, 'arch'> & { libseccomp: Libseccomp };
  readonly #machine: AskedMachine;
  readonly #compileUsual: CompileUsual;
  readonly #byMachine = new Map<ArchitectureName, Compiled>();

  constructor(
    profile: ParsedProfile,
    options: Omit<OwnCompileOptions, 'arch'> & { libseccomp: Libseccomp },
    machine: AskedMachine,
    compileUsual: CompileUsual = () => [],
  ) {
    this.profile = profile;
    this.#options = options;
    this.#machine = machine;
    this.#compileUsual = compileUsual;
  }

  readonly judge: Judge = (call) => this.#compiledFor(call.architecture).judge(call);

  /** Why a call of a row was denied. `index`: which of its verdicts is this profile's. */
  answer(denial: Denial, index: number): ProfileAnswer {
    const { source = 'profile' } = this.profile;
    const { architecture, outcome } = denial;
    const { possible } = denial.verdicts[index]!;
    const text = (action: Action) => formatAction(action, architecture);
    const answer = (why: string): ProfileAnswer => ({ source, why, advice: [], isDenied: false });
    if (possible.length === 0) return answer('nothing: its architecture has no number for this call');
    const isLogged = outcome?.kind === 'filter' && (outcome.action === 'LOG' || outcome.action === 'ALLOW');
    const fitting = possible.filter(
      (action) => isLogged || explains(action, outcome, (errno) => errnoName(errno, architecture)),
    );
    const denying = (fitting.length > 0 ? fitting : possible).filter((action) => !permits(action));
    const [first, ...others] = denying;
    if (first === undefined) {
      return answer(
        isLogged || outcome === undefined || outcome.kind === 'returned'
          ? `${possible.map(text).join(' or ')}`
          : `${possible.map(text).join(' or ')}: it allows the call, so another filter in the stack answered, or another profile`,
      );
    }
    if (numberInName(denial.name) !== undefined) {
      const why = `${denying.map(text).join(' or ')}: no call of this number is known here, so no entry can name it: it is newer than this package's table, or there is none`;
      return { source, why, advice: [], isDenied: true };
    }
    const compiled = this.#compiledFor(architecture);
    const denied = { ...denial, action: first };
    const usual = compiled.judgeUsual?.({ ...denial, text: undefined, program: undefined }).possible;
    const format = traitsOf(this.profile).entrySyntax ?? 'json';
    const words = describeDenial(
      { ...compiled, source, format },
      denied,
      usual?.length === 1 && !usual.some((action) => isSameAction(action, first)) ? usual[0] : undefined,
    );
    const also = others.length > 0 ? `${others.map(text).join(', ')} or ` : '';
    const allowed = possible.some(permits) && fitting.some(permits);
    const unless = allowed ? ', where its arguments are denied: the log does not show them all' : '';
    const unlike =
      fitting.length === 0 ? '; the log has another answer, so another filter gave that, or another profile' : '';
    const isPlain = words.advice.length > 0 && clone3Line(compiled.compiledRules.policy, denied, format) === undefined;
    const addition = isPlain ? allowingLine(denied, format) : undefined;
    return {
      source,
      why: `${also}${words.decision}${unless}${unlike}`,
      advice: words.advice,
      addition,
      isDenied: true,
    };
  }

  /** A log may have millions of calls, and most are of one architecture. */
  readonly #byArchitecture = new Map<ArchitectureName, Compiled>();

  #compiledFor(architecture: ArchitectureName): Compiled {
    const known = this.#byArchitecture.get(architecture) ?? this.#compile(architecture);
    this.#byArchitecture.set(architecture, known);
    return known;
  }

  #compile(architecture: ArchitectureName): Compiled {
    const machine = this.#machine.machine ?? machineOf(architecture, this.#machine.host);
    const known = this.#byMachine.get(machine);
    if (known) return known;
    const arch = parseArchitecture(machine);
    const entries = compileEntriesWith(this.profile, { ...this.#options, arch: machine });
    const [usual] = this.#compileUsual(this.profile, [arch], this.#options);
    const judgeOf = ({ program }: { program: Uint8Array }) => createJudge(program, arch.endianness, this.#numberOf);
    const compiled = { ...entries, judge: judgeOf(entries.compiled), judgeUsual: usual && judgeOf(usual) };
    this.#byMachine.set(machine, compiled);
    return compiled;
  }

  readonly #numbers = new Map<string, ReadonlyMap<ArchitectureName, number | undefined>>();
  readonly #numberOf: NumberOf = (name, architecture) => {
    const number = numberInName(name);
    if (number !== undefined) return number;
    let numbers = this.#numbers.get(name);
    if (numbers === undefined) {
      const entries = lookUpSyscallName(this.#options.libseccomp, name);
      numbers = new Map(entries.map((entry) => [entry.architecture, entry.number]));
      this.#numbers.set(name, numbers);
    }
    return numbers.get(architecture);
  };
}

/** The machine that runs programs of an architecture: the host where it does, else one with both kinds. */
function machineOf(architecture: ArchitectureName, host: ArchitectureName): ArchitectureName {
  const runs = (machine: ArchitectureName) => kernelArchitectures(machine).includes(architecture);
  if (runs(host)) return host;
  const both = ARCHITECTURES.find(({ name }: Architecture) => name !== architecture && runs(name));
  return both?.name ?? architecture;
}
