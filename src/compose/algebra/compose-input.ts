import type { Architecture } from '../../architecture.js';
import { buildDecisionDiagram } from '../../bpf/decisions/decision-diagram.js';
import type { DiagramStore, Node } from '../../bpf/decisions/diagram-store.js';
import { type ProgramInput, readProgram } from '../../bpf/program/codec.js';
import type { CompileOptions } from '../../compiler/compile-policy.js';
import { compileWithEntries } from '../../compiler/library.js';
import { InvalidArgumentError } from '../../errors.js';
import type { PolicyRule, Warning } from '../../policy.js';
import { isParsedProfile, type ParsedProfile } from '../../profile/model/parsed-profile.js';
import { printable, quote } from '../../text.js';

/** A compiled program, and what to call it. */
export interface ComposeProgram {
  program: ProgramInput;
  /** What to call it in comments and messages, usually its file name. */
  source?: string | undefined;
}

/** A profile that was read, or a program. */
export type ComposeInput = ParsedProfile | ComposeProgram;

/** How the profiles among the inputs are compiled. */
export type InputCompileOptions = Omit<CompileOptions, 'arch' | 'source' | 'verify' | 'pfc'>;

export type RulesByName = ReadonlyMap<string, readonly PolicyRule[]>;

/** What an input decides on one machine. */
export interface InputDecisions {
  readonly root: Node;
  /** As they are written, for the machine; none of a program. */
  readonly rules: RulesByName;
  readonly warnings: readonly Warning[];
}

/**
 * @throws {InvalidArgumentError} when there is no input, or one is neither a profile nor a program
 */
export function checkInputs(caller: string, inputs: readonly ComposeInput[]): void {
  if (!Array.isArray(inputs) || inputs.length === 0) {
    throw new InvalidArgumentError(`${caller} takes a list of at least one profile or program`);
  }
  for (const [index, input] of inputs.entries()) {
    const isProgram = typeof input === 'object' && input !== null && 'program' in input;
    if (isProgram || isParsedProfile(input)) continue;
    throw new InvalidArgumentError(
      `${caller}: input ${index + 1} is neither a profile that was read nor { program }; readProfile reads one`,
    );
  }
}

/** What comments call each input: the name of its file, with a number where several have the same. */
export function labelsOf(inputs: readonly ComposeInput[]): string[] {
  const names = inputs.map(({ source }, index) => (source ?? `input ${index + 1}`).replace(/^.*[\\/](?=.)/, ''));
  return names.map((name, index) => {
    const alike = names.filter((each) => each === name).length > 1;
    return printable(alike ? `${name} (${index + 1})` : name);
  });
}

/**
 * @throws {CompileError} when an input has no filter on the machine
 * @throws {InvalidArgumentError} when a program is of another byte order
 * @throws {ProgramTooComplexError} when it is too complex to decide exactly
 */
export function decisionsOfInput(
  input: ComposeInput,
  machine: Architecture,
  store: DiagramStore,
  options: InputCompileOptions,
): InputDecisions {
  if (isParsedProfile(input)) {
    const { compiled, resolution } = compileWithEntries(input, { ...options, arch: machine.name });
    const { program, warnings } = compiled;
    const { root } = buildDecisionDiagram(program, { store, endianness: machine.endianness });
    const { source } = input;
    return {
      root,
      rules: rulesByName(resolution.policy.rules),
      warnings: warnings.map((each) => ({ source, ...each })),
    };
  }
  const decoded = readProgram(input.program);
  if (decoded.endianness !== machine.endianness) {
    const name = quote(input.source ?? 'program');
    throw new InvalidArgumentError(
      `${name} is a program of ${decoded.endianness}-endian machines, not for ${machine.name}`,
    );
  }
  return { root: buildDecisionDiagram(decoded, { store }).root, rules: new Map(), warnings: [] };
}

function rulesByName(rules: readonly PolicyRule[]): RulesByName {
  const byName = new Map<string, PolicyRule[]>();
  for (const rule of rules) {
    for (const { name } of rule.names) byName.set(name, [...(byName.get(name) ?? []), rule]);
  }
  return byName;
}
