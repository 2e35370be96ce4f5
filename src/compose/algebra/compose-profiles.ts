import { formatAction, mayRun } from '../../action.js';
import { type Architecture, type ArchitectureName, parseArchitecture } from '../../architecture.js';
import { terminalAction } from '../../bpf/decisions/decision-diagram.js';
import { DiagramStore, type Node } from '../../bpf/decisions/diagram-store.js';
import { COMPILE_OPTIONS, loadDefaultSync, type OwnCompileOptions } from '../../compiler/compile-policy.js';
import { RUNTIME_CHOICES, runtimeBehaviour } from '../../compiler/runtime.js';
import { usualDecision } from '../../decompile/program-policy.js';
import { InvalidArgumentError } from '../../errors.js';
import type { Libseccomp } from '../../libseccomp/index.js';
import { ANYTHING, BOOLEAN, checkOptions, LIST, type OptionTable, pick, TEXT } from '../../options.js';
import type { Action, Warning } from '../../policy.js';
import { OUTPUT_FORMATS, type OutputFormat } from '../../profile/formats/index.js';
import { writeProfile } from '../../profile/formats/write-profile.js';
import type { ParsedProfile } from '../../profile/model/parsed-profile.js';
import { ActionOrder } from './action-order.js';
import { parseWrittenAction } from './action-text.js';
import { type AskedMachine, askedMachine, callsOn } from './asked-machine.js';
import {
  type ComposeInput,
  checkInputs,
  decisionsOfInput,
  type InputCompileOptions,
  labelsOf,
} from './compose-input.js';
import { type ComposeReport, composeReport } from './compose-report.js';
import { profileFor } from './fit-profile.js';
import { loadingKeys } from './loading-keys.js';
import { combineDecisions, type Operation } from './operation.js';

export interface ComposeOptions extends InputCompileOptions {
  /** The machines that the result is for, by any name. Profiles are compiled for each. */
  arch: ArchitectureName | (string & {}) | readonly (ArchitectureName | (string & {}))[];
  /** The format that the result will be written in: what it cannot say is an error. Default: `docker`, which has comments. */
  to?: OutputFormat | undefined;
  /**
   * Where no profile can say it exactly: the nearest one that is stricter, and the report has what was lost. Default: an
   * error.
   */
  stricter?: boolean | undefined;
  /**
   * Actions of one kind from the strictest on, before all others of it: `['EPERM', 'ENOSYS', 'NOTIFY', 'TRACE']`. What is
   * not in it is in the order of {@link ActionOrder}.
   */
  order?: readonly string[] | undefined;
}

export interface SubtractOptions extends ComposeOptions {
  /**
   * The answer to calls that are taken away: `KILL_PROCESS`, `EPERM`, `ERRNO(38)`. Default: the first input's default action
   * where that denies, else EPERM.
   */
  denied?: string | undefined;
}

/** A profile made of others. */
export interface ComposedProfile {
  /** In the shape of Docker's format. */
  profile: ParsedProfile;
  /** The profile in the format of the option `to`; the name is a SeccompProfile's `metadata.name`. */
  write(name?: string): string;
  /** Where the profile decides otherwise than was asked for and lets no call run by that: a sentence each. */
  differences: readonly string[];
  /** What compiling the inputs warned of. */
  warnings: readonly Warning[];
  /** What each input does to each call, and what was lost. It is worked out when it is asked for. */
  report(): ComposeReport;
}

/** With what the command adds. */
const OPTIONS: OptionTable<SubtractOptions & Pick<OwnCompileOptions, 'minimizer'>> = {
  ...withoutOwn(COMPILE_OPTIONS),
  arch: [ANYTHING],
  to: OUTPUT_FORMATS,
  stricter: [BOOLEAN],
  order: [LIST],
  denied: [TEXT],
};

function withoutOwn({ source, verify, pfc, ...table }: typeof COMPILE_OPTIONS) {
  return table;
}

/**
 * What all inputs allow: for every call and all its arguments the strictest of their decisions (see {@link ActionOrder}).
 * The result is compiled, and its program proven to decide so on all its architectures. It lets no call run that an
 * input does not: `implies` of `libseccomp-wasm/bpf` holds, but for the last sentence here.
 *
 * Conditional entries are decided for `capabilities` and `kernel`. An architecture of which no call may run is left out
 * where it is in the way. Its calls get KILL_THREAD then, also where an input has KILL_PROCESS: `differences` says so.
 *
 * @throws {ComposeError} `NOT_EXPRESSIBLE` when no profile says it exactly, `COMPOSE_CONFLICT` when listeners or flags differ
 * @throws {CompileError} when an input has no filter
 * @throws {ProfileError} when an input cannot be resolved for a machine
 * @throws {ProgramTooComplexError} when an input is too complex to decide exactly
 * @throws {InvalidArgumentError} when an input, architecture or option is unusable
 *
 * @example
 * ```js
 * import { readProfile } from 'libseccomp-wasm/profile';
 * import { intersectProfiles } from 'libseccomp-wasm/compose';
 *
 * const allowing = (...names) =>
 *   readProfile({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }] });
 * const { profile } = intersectProfiles([allowing('read', 'write'), allowing('read', 'ptrace')], { arch: 'x86_64' });
 * console.log(profile.seccomp.syscalls[0].names); // [ 'read' ]
 * ```
 */
export function intersectProfiles(inputs: readonly ComposeInput[], options: ComposeOptions): ComposedProfile {
  return compose('intersect', inputs, options);
}

/**
 * What any input allows: for every call and all its arguments the weakest of their decisions (see {@link ActionOrder}).
 * Every input implies the result. Else as {@link intersectProfiles}.
 *
 * @throws {ComposeError} `NOT_EXPRESSIBLE` when no profile says it exactly, `COMPOSE_CONFLICT` when listeners or flags differ
 * @throws {CompileError} when an input has no filter
 * @throws {ProfileError} when an input cannot be resolved for a machine
 * @throws {ProgramTooComplexError} when an input is too complex to decide exactly
 * @throws {InvalidArgumentError} when an input, architecture or option is unusable
 *
 * @example
 * ```js
 * import { readProfile } from 'libseccomp-wasm/profile';
 * import { unionProfiles } from 'libseccomp-wasm/compose';
 *
 * const allowing = (...names) =>
 *   readProfile({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }] });
 * const { profile } = unionProfiles([allowing('read', 'write'), allowing('read', 'ptrace')], { arch: 'x86_64' });
 * console.log(profile.seccomp.syscalls.flatMap(({ names }) => names)); // [ 'ptrace', 'read', 'write' ]
 * ```
 */
export function unionProfiles(inputs: readonly ComposeInput[], options: ComposeOptions): ComposedProfile {
  return compose('union', inputs, options);
}

/**
 * What the first input allows and none of the others does. A call that the first lets run is denied where another lets it
 * run, or asks a tracer or listener that may let it. All others keep the first input's decision. So the result implies the
 * first input, and no call may run under both the result and one of the others. Else as {@link intersectProfiles}.
 *
 * @throws {ComposeError} `NOT_EXPRESSIBLE` when no profile says it exactly, `COMPOSE_CONFLICT` when listeners or flags differ
 * @throws {CompileError} when an input has no filter
 * @throws {ProfileError} when an input cannot be resolved for a machine
 * @throws {ProgramTooComplexError} when an input is too complex to decide exactly
 * @throws {InvalidArgumentError} when an input, architecture or option is unusable, or `denied` lets calls run
 *
 * @example
 * ```js
 * import { readProfile } from 'libseccomp-wasm/profile';
 * import { subtractProfiles } from 'libseccomp-wasm/compose';
 *
 * const allowing = (...names) =>
 *   readProfile({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }] });
 * const { profile } = subtractProfiles([allowing('read', 'ptrace'), allowing('read')], { arch: 'x86_64' });
 * console.log(profile.seccomp.syscalls[0].names); // [ 'ptrace' ]
 * ```
 */
export function subtractProfiles(inputs: readonly ComposeInput[], options: SubtractOptions): ComposedProfile {
  return compose('subtract', inputs, options);
}

const CALLERS = {
  intersect: 'intersectProfiles',
  union: 'unionProfiles',
  subtract: 'subtractProfiles',
} as const;

/** What comes of it, as messages call it. */
const RESULTS = { intersect: 'intersection', union: 'union', subtract: 'difference' } as const;

function compose(operation: Operation, inputs: readonly ComposeInput[], options: SubtractOptions): ComposedProfile {
  const caller = CALLERS[operation];
  checkInputs(caller, inputs);
  checkOptions(caller, options, OPTIONS);
  const { arch, to = 'docker', stricter = false, order = [], denied, ...given } = options;
  if (denied !== undefined && operation !== 'subtract') {
    throw new InvalidArgumentError(`${caller} has no option "denied": only subtractProfiles takes calls away`);
  }
  const machines = machinesOf(arch);
  const libseccomp = given.libseccomp ?? loadDefaultSync();
  const compileOptions: InputCompileOptions = { ...given, libseccomp };
  const labels = labelsOf(inputs);
  const asked = machines.map((machine) => {
    const settings = {
      order: new ActionOrder(order, machine.name),
      denied: denied === undefined ? undefined : deniedAction(denied, machine.name),
    };
    return askFor(operation, inputs, { machine, libseccomp, compileOptions, settings });
  }) as [Asked, ...Asked[]];

  const fitted = profileFor(asked.map(({ machine }) => machine) as [AskedMachine, ...AskedMachine[]], {
    libseccomp,
    labels,
    to,
    stricter,
    compileOptions,
    source: `${RESULTS[operation]} of ${labels.join(', ')}`,
    keysFor: (notifies) =>
      loadingKeys(
        inputs.map((input, index) => ({
          input,
          label: labels[index]!,
          notifies: asked.some((each) => each.notifies[index]),
        })),
        notifies,
        runtimeBehaviour(pick(given, RUNTIME_KEYS)).defaultFlags,
      ),
  });
  return {
    profile: fitted.profile,
    write: (name) => writeProfile(fitted.profile, to, { ...fitted.target, name }),
    differences: fitted.differences,
    warnings: asked.flatMap(({ warnings }) => warnings),
    report: () => composeReport(fitted.machines, { libseccomp, labels, lost: fitted.lost }),
  };
}

/** What says whose behaviour is followed. */
const RUNTIME_KEYS = ['runtime', ...(Object.keys(RUNTIME_CHOICES) as (keyof typeof RUNTIME_CHOICES)[])] as const;

function machinesOf(arch: ComposeOptions['arch']): readonly Architecture[] {
  const names: readonly string[] = typeof arch === 'string' ? [arch] : arch;
  if (!Array.isArray(names) || names.length === 0) {
    throw new InvalidArgumentError('the option arch takes the name of a machine, or a list of them');
  }
  return [...new Set(names.map(parseArchitecture))];
}

interface Asked {
  readonly machine: AskedMachine;
  readonly notifies: readonly boolean[];
  readonly warnings: readonly Warning[];
}

interface AskSettings {
  readonly machine: Architecture;
  readonly libseccomp: Libseccomp;
  readonly compileOptions: InputCompileOptions;
  readonly settings: { order: ActionOrder; denied: Action | undefined };
}

function askFor(
  operation: Operation,
  inputs: readonly ComposeInput[],
  { machine, libseccomp, compileOptions, settings: { order, denied } }: AskSettings,
): Asked {
  const store = new DiagramStore({ steps: STEPS });
  const decided = inputs.map((input) => decisionsOfInput(input, machine, store, compileOptions));
  const roots = decided.map(({ root }) => root);
  const usual = terminalAction(store, usualDecision(store, roots[0]!, machine, callsOn(libseccomp, machine)));
  const settings = { order, denied: denied ?? (mayRun(usual) ? EPERM : usual) };
  const root = combineDecisions(store, operation, roots, settings);
  return {
    machine: askedMachine(
      { machine, order, store, root, inputs: roots, rules: decided.map(({ rules }) => rules) },
      libseccomp,
    ),
    notifies: roots.map((each) => notifies(store, each)),
    warnings: decided.flatMap(({ warnings }) => warnings),
  };
}

function deniedAction(text: string, architecture: ArchitectureName): Action {
  const { kind, data } = parseWrittenAction(text, architecture);
  const action = kind === 'ERRNO' ? ({ kind, data: data ?? 1 } as const) : ({ kind } as Action);
  if (mayRun(action)) throw new InvalidArgumentError(`subtractProfiles: ${formatAction(action)} does not deny a call`);
  return action;
}

const EPERM: Action = { kind: 'ERRNO', data: 1 };
/** For all inputs, the result, and the entries of it. */
const STEPS = 2 ** 25;

const notifies = (store: DiagramStore, root: Node): boolean =>
  [...store.terminalsOf(root)].some((each) => terminalAction(store, each).kind === 'NOTIFY');
