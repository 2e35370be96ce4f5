// What `optimize: 'min'` saves, beside libseccomp's programs of the same run, and how long it takes.
//
// Profiles and filters of other people are no part of this repository: folders of them are given, as BENCH_CORPUS (profiles)
// and BENCH_FILTERS (programs, *.bpf, of x86_64). Without them their rows are missing, which is said. BENCH_MOBY is a newer
// default profile of Moby's than the distribution's.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ArchitectureName, parseArchitecture } from '../src/architecture.js';
import { buildDecisionDiagram, type DecisionDiagram } from '../src/bpf/decisions/decision-diagram.js';
import { Level } from '../src/bpf/decisions/input-variables.js';
import { partition } from '../src/bpf/decisions/partition.js';
import { type FilterProgram, readProgram } from '../src/bpf/index.js';
import { executedFor } from '../src/bpf/minimize/executed.js';
import { type CallWeights, expectedInstructions } from '../src/bpf/minimize/index.js';
import { LENGTH_COST, LENGTH_COST_OF_OWN_WEIGHTS, minimize } from '../src/bpf/minimize/minimize.js';
import { frequentCalls } from '../src/bpf/minimize/weights.js';
import { compileProfileSync } from '../src/compiler/index.js';
import { ScmpError } from '../src/errors.js';
import type { Libseccomp } from '../src/libseccomp/index.js';
import type { Figure } from './figure.js';
import { median, sorted } from './quantile.js';

const RUNS = 15;
/** x86_64's numbers, as the kernel has them today. */
const LAST_NUMBER = 469;
const AUDIT_ARCH_X86_64 = 0xc000003e;

const lengthOf = ({ program }: { program: Uint8Array }) => program.length / 8;

/** Weights of one architecture. */
function weightsOf(auditArch: number, calls: readonly { nr: number; weight: number }[]): CallWeights {
  const byNumber = new Map(calls.map(({ nr, weight }) => [nr, weight]));
  return {
    architectures: [auditArch],
    of: (arch, nr) => (arch === auditArch ? (byNumber.get(nr) ?? 0) : 0),
    numbers: (arch) => (arch === auditArch ? sorted([...byNumber.keys()]) : []),
  };
}

const UNIFORM = weightsOf(
  AUDIT_ARCH_X86_64,
  Array.from({ length: LAST_NUMBER + 1 }, (_, nr) => ({ nr, weight: 1 })),
);
const FREQUENCY = weightsOf(AUDIT_ARCH_X86_64, frequentCalls(AUDIT_ARCH_X86_64));

interface Compared {
  name: string;
  levels: Record<0 | 1 | 2, FilterProgram>;
  decisions: () => DecisionDiagram;
  /** With the built-in weights, and with these. */
  min: Uint8Array;
  /** As `--weights` makes it: an instruction of length costs little. */
  madeFor(weights: CallWeights, lengthCost?: number): Uint8Array;
}

/** A profile by libseccomp at each level, and by the minimiser. */
function compare(name: string, profile: Uint8Array, arch: ArchitectureName, libseccomp: Libseccomp): Compared {
  const at = (optimize: 0 | 1 | 2 | 'min') => {
    return compileProfileSync(profile, { arch, libseccomp, optimize, unknownSyscall: 'ignore' });
  };
  const levels = { 0: at(0), 1: at(1), 2: at(2) };
  const decisions = () => buildDecisionDiagram(levels[0]);
  const { endianness } = parseArchitecture(arch);
  const candidates = [levels[0].program, levels[1].program, levels[2].program];
  const madeFor = (weights: CallWeights, lengthCost = LENGTH_COST_OF_OWN_WEIGHTS) => {
    return minimize(decisions(), { endianness, weights, candidates, lengthCost }).program;
  };
  return { name, levels, decisions, min: at('min').program, madeFor };
}

function length(label: string, { levels, min }: Compared, bar: number): Figure {
  const ratio = min.length / levels[0].program.length;
  const others = ([0, 1, 2] as const).map((level) => `${lengthOf(levels[level])}`).join(', ');
  return {
    what: `${label}: instructions of min (libseccomp ${others} at levels 0, 1, 2)`,
    value: `${min.length / 8}, ${ratio.toFixed(3)} of level 0`,
    bar: `at most ${bar}`,
    holds: ratio <= bar,
  };
}

/** The bar is for the program made for the weights it is measured by; what the one of the built-in weights executes stands beside. */
function executed(label: string, compared: Compared, weights: CallWeights, how: string, bar: number): Figure {
  const { levels, min, madeFor } = compared;
  const [none, one, two] = ([0, 1, 2] as const).map((level) => expectedInstructions(levels[level], weights));
  const [ours, usual] = [madeFor(weights), min].map((program) => expectedInstructions(program, weights, 'little'));
  const ratio = ours! / two!;
  return {
    what: `${label}: executed by min made for it, ${how} (libseccomp ${[none, one, two].map((each) => each!.toFixed(2)).join(', ')})`,
    value: `${ours!.toFixed(2)}, ${ratio.toFixed(3)} of level 2; with the built-in weights ${usual!.toFixed(2)}, ${(usual! / two!).toFixed(3)}`,
    bar: `at most ${bar}`,
    holds: ratio <= bar,
  };
}

/**
 * A lower bound for every tree of thresholds: the best tree over the ranges of numbers that are decided alike, of one
 * architecture and with all numbers alike. Two loads and a test of the architecture come before it. After it comes a
 * return, or what the shortest program for the function of the arguments executes.
 */
function informationBound({ store, root }: DecisionDiagram, arch: number): number {
  const ofArch = partition(store, root, Level.ARCH).find(({ from, to }) => from <= arch && arch <= to)!.node;
  const ranges = partition(store, ofArch, Level.NR)
    .filter(({ from }) => from <= LAST_NUMBER)
    .map(({ from, to, node }) => ({ size: Math.min(to, LAST_NUMBER) - from + 1, node }));
  const rest = (node: number) =>
    store.isTerminal(node)
      ? 1
      : executedFor(
          minimize({ store, root: node }, { endianness: 'little' }).program,
          { auditArch: arch, nr: 0 },
          'little',
        );
  const total = LAST_NUMBER + 1;
  const behind = ranges.reduce((sum, { size, node }) => sum + size * rest(node), 0) / total;
  return 3 + bestTree(ranges.map(({ size }) => size)) / total + behind;
}

/** The sum of weight times depth of the leaves of the best binary tree that keeps their order. */
function bestTree(weights: readonly number[]): number {
  const n = weights.length;
  const before = [0];
  for (const [at, weight] of weights.entries()) before.push(before[at]! + weight);
  const cost = Array.from({ length: n }, () => new Float64Array(n));
  for (let span = 1; span < n; span++) {
    for (let from = 0; from + span < n; from++) {
      const to = from + span;
      let least = Number.POSITIVE_INFINITY;
      for (let cut = from; cut < to; cut++) least = Math.min(least, cost[from]![cut]! + cost[cut + 1]![to]!);
      cost[from]![to] = least + before[to + 1]! - before[from]!;
    }
  }
  return cost[0]![n - 1]!;
}

function againstBound(label: string, { decisions, madeFor }: Compared): Figure {
  const bound = informationBound(decisions(), AUDIT_ARCH_X86_64);
  const ratio = expectedInstructions(madeFor(UNIFORM), UNIFORM, 'little') / bound;
  return {
    what: `${label}: executed by min made for it, uniform, / the information bound (${bound.toFixed(2)})`,
    value: ratio.toFixed(3),
    bar: 'at most 1.02',
    holds: ratio <= 1.02,
  };
}

/** Moby's unconditional allows, of x86_64 and no other architecture: what tools for policies are compared by. */
function allowsOfMoby(moby: Uint8Array, libseccomp: Libseccomp): Figure[] {
  const profile = JSON.parse(new TextDecoder().decode(moby)) as {
    syscalls: { names: string[]; action: string; args?: unknown[]; includes?: object; excludes?: object }[];
  };
  const names = profile.syscalls
    .filter(({ action, args, includes, excludes }) => {
      const isPlain = [includes, excludes].every((each) => each === undefined || Object.keys(each).length === 0);
      return action === 'SCMP_ACT_ALLOW' && (args ?? []).length === 0 && isPlain;
    })
    .flatMap(({ names }) => names)
    .filter((name) => (libseccomp.resolveSyscallName(name, parseArchitecture('x86_64')) ?? -1) >= 0);
  const text = JSON.stringify({
    defaultAction: 'SCMP_ACT_ERRNO',
    architectures: ['SCMP_ARCH_X86_64'],
    syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }],
  });
  const compared = compare('allows', new TextEncoder().encode(text), 'x86_64', libseccomp);
  const label = `${names.length} unconditional allows of Moby's default, x86_64 alone`;
  const min = compared.madeFor(UNIFORM, LENGTH_COST);
  const mean = expectedInstructions(min, UNIFORM, 'little');
  const instructions = min.length / 8;
  return [
    {
      what: `${label}: instructions of min made for uniform weights, length as without --weights (libseccomp ${lengthOf(compared.levels[0])}, ${lengthOf(compared.levels[2])} at level 2)`,
      value: `${instructions}`,
      bar: 'at most 55',
      holds: instructions <= 55,
    },
    { what: `${label}: executed by it, uniform`, value: mean.toFixed(2), bar: 'at most 8.9', holds: mean <= 8.9 },
  ];
}

/** Processor time of minimising, decisions at hand, its proof included; milliseconds, the median of warm runs. */
function processorTime(decisions: () => DecisionDiagram, runs = RUNS): number {
  return median(
    Array.from({ length: runs }, () => {
      const given = decisions();
      const begin = process.cpuUsage();
      minimize(given, { endianness: 'little' });
      const { user, system } = process.cpuUsage(begin);
      return (user + system) / 1000;
    }),
  );
}

/** All profiles of a folder that compile for x86_64. */
function corpusFigures(folder: string, libseccomp: Libseccomp): Figure[] {
  const all: (Compared & { milliseconds: number })[] = [];
  const left: string[] = [];
  for (const name of readdirSync(folder).sort()) {
    if (!/\.(json|ya?ml)$/.test(name)) continue;
    try {
      const compared = compare(name, readFileSync(join(folder, name)), 'x86_64', libseccomp);
      all.push({ ...compared, milliseconds: processorTime(compared.decisions, 3) });
    } catch (error) {
      if (!(error instanceof ScmpError)) throw error;
      left.push(`${name} (${error.code})`);
    }
  }
  for (const each of left) console.error(`bench: not in the corpus's figures: ${each}`);
  const label = `corpus, ${all.length} profiles, x86_64`;
  const ratios = all.map(({ min, levels }) => min.length / levels[0].program.length);
  const speeds = all.map(({ min, levels }) => {
    return expectedInstructions(min, UNIFORM, 'little') / expectedInstructions(levels[2], UNIFORM);
  });
  const worst = (values: readonly number[]) => {
    const most = Math.max(...values);
    return `${most.toFixed(3)} at worst (${all[values.indexOf(most)]!.name})`;
  };
  const [middle, most] = [median(ratios), Math.max(...ratios)];
  const times = all.map(({ milliseconds }) => milliseconds);
  return [
    {
      what: `${label}: length of min / level 0`,
      value: `${middle.toFixed(3)}, ${worst(ratios)}`,
      bar: 'at most 0.41, never above 1.0',
      holds: middle <= 0.41 && most <= 1,
    },
    { what: `${label}: executed by min, uniform, / level 2`, value: `${median(speeds).toFixed(3)}, ${worst(speeds)}` },
    {
      what: `${label}: processor time of minimising, warm, ms`,
      value: `${median(times).toFixed(0)}, ${worst(times)}`,
      bar: 'at most 300',
      holds: Math.max(...times) <= 300,
    },
  ];
}

/** Filters of programs as they were found: what is minimised is what they decide. */
function filterFigures(folder: string): Figure[] {
  const LONG = 100;
  const found = readdirSync(folder)
    .filter((name) => name.endsWith('.bpf'))
    .sort()
    .map((name) => {
      const program = readFileSync(join(folder, name));
      const { instructions } = readProgram(program, 'little');
      const min = minimize(buildDecisionDiagram(program, { endianness: 'little' }), {
        endianness: 'little',
        candidates: [program],
      });
      return { name, length: instructions.length, ratio: min.instructions / instructions.length };
    });
  const long = found.filter(({ length }) => length > LONG);
  const longer = found.filter(({ ratio }) => ratio > 1);
  const middle = median(long.map(({ ratio }) => ratio));
  const worst = found.reduce((a, b) => (b.ratio > a.ratio ? b : a));
  return [
    {
      what: `filters of programs, ${long.length} of over ${LONG} instructions: length of min / as found`,
      value: `${middle.toFixed(3)}; of all ${found.length} ${worst.ratio.toFixed(3)} at worst (${worst.name})`,
      bar: 'at most 0.5, none longer',
      holds: middle <= 0.5 && longer.length === 0,
    },
  ];
}

const missing = (variable: string, what: string): Figure[] => {
  console.error(`bench: NOT MEASURED: ${what}: set ${variable} to a folder of them`);
  return [{ what, value: `NOT MEASURED (${variable} names no folder)` }];
};

/** Everything about the minimiser, from the project's root. */
export function minimizeFigures(root: string, libseccomp: Libseccomp): Figure[] {
  const input = (name: string) => readFileSync(join(root, `build/test-inputs/${name}-default.json`));
  const { BENCH_CORPUS: corpus, BENCH_FILTERS: filters, BENCH_MOBY } = process.env;
  const [podman, moby] = [input('podman'), BENCH_MOBY ? readFileSync(BENCH_MOBY) : input('moby')];
  const ofPodman = compare('podman', podman, 'x86_64', libseccomp);
  const ofMoby = compare('moby', moby, 'x86_64', libseccomp);
  const onArm = compare('moby', moby, 'aarch64', libseccomp);
  const [p, m] = ["Podman's default, x86_64, x86, x32", "Moby's default, x86_64, x86, x32"];
  for (let run = 0; run < RUNS; run++) minimize(ofPodman.decisions(), { endianness: 'little' });
  const milliseconds = processorTime(ofPodman.decisions);
  return [
    length(p, ofPodman, 0.17),
    length(m, ofMoby, 0.185),
    length("Moby's default, aarch64, arm", onArm, 0.24),
    executed(p, ofPodman, UNIFORM, `uniform over 0-${LAST_NUMBER}`, 0.57),
    executed(m, ofMoby, UNIFORM, `uniform over 0-${LAST_NUMBER}`, 0.57),
    againstBound(p, ofPodman),
    againstBound(m, ofMoby),
    executed(p, ofPodman, FREQUENCY, 'by frequency', 0.48),
    executed(m, ofMoby, FREQUENCY, 'by frequency', 0.48),
    ...allowsOfMoby(moby, libseccomp),
    {
      what: `${p}: processor time of minimising, warm`,
      value: `${milliseconds.toFixed(0)} ms`,
      bar: 'at most 100 ms',
      holds: milliseconds <= 100,
    },
    ...(corpus ? corpusFigures(corpus, libseccomp) : missing('BENCH_CORPUS', "min on other people's profiles")),
    ...(filters ? filterFigures(filters) : missing('BENCH_FILTERS', 'min on filters of programs')),
  ];
}
