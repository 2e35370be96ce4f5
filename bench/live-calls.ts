// What a call costs on this kernel under a filter of libseccomp's and of ours, all in turn in one run.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { buildDecisionDiagram, encodeProgram, Opcode, SeccompDataOffset } from '../src/bpf/index.js';
import { minimize } from '../src/bpf/minimize/minimize.js';
import { compileProfileSync } from '../src/compiler/index.js';
import type { Libseccomp } from '../src/libseccomp/index.js';
import type { Figure } from './figure.js';
import { quantile } from './quantile.js';

const CALLS = 5_000;
const ROUNDS = 15;
const KINDS = ['allowed', 'checked', 'denied'] as const;

/** A load of an argument, which changes no decision, and with which the kernel's cache of actions takes no call as allowed. */
const LOOKS_AT_ARGUMENT = encodeProgram([{ code: Opcode.LD_ABS, jt: 0, jf: 0, k: SeccompDataOffset.ARGS }], 'little');
const uncached = (program: Uint8Array) => Uint8Array.of(...LOOKS_AT_ARGUMENT, ...program);

/** Needs x86_64, gcc, and a process without a filter that denies what is called. */
export function liveFigures(root: string, profile: Uint8Array, libseccomp: Libseccomp): Figure[] {
  if (process.arch !== 'x64' || process.platform !== 'linux') return [];
  const executable = join(root, 'build/bench/live-calls');
  mkdirSync(join(root, 'build/bench'), { recursive: true });
  execFileSync('gcc', ['-O2', '-Wall', '-Wextra', join(root, 'bench/live-calls.c'), '-o', executable]);
  const compiled = (optimize: 0 | 2) => {
    return compileProfileSync(profile, { arch: 'x86_64', libseccomp, optimize }).program;
  };
  const programs = {
    'no filter': new Uint8Array(),
    'level 0': compiled(0),
    'level 2': compiled(2),
    min: minimize(buildDecisionDiagram(compiled(0)), { endianness: 'little' }).program,
  };
  const names = Object.keys(programs) as (keyof typeof programs)[];
  const times = new Map<string, number[]>();
  const measure = (label: string, input: Uint8Array, kinds: readonly (typeof KINDS)[number][]) => {
    const output = execFileSync(executable, [String(CALLS)], { input, encoding: 'utf8' });
    for (const [index, value] of output.trim().split(' ').entries()) {
      const kind = KINDS[index]!;
      if (kinds.includes(kind))
        times.set(`${label} ${kind}`, [...(times.get(`${label} ${kind}`) ?? []), Number(value)]);
    }
  };
  for (let round = 0; round < ROUNDS; round++) {
    // not always the same one first
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(turn + round) % names.length]!;
      measure(name, programs[name], KINDS);
      if (programs[name].length > 0) measure(`${name}, uncached`, uncached(programs[name]), ['allowed']);
    }
  }
  const of = (name: string, kind: string) => times.get(`${name} ${kind}`)!;
  const row = (what: string, kind: (typeof KINDS)[number], suffix = ''): Figure => {
    const labels = names.map((name) => (name === 'no filter' ? name : `${name}${suffix}`));
    const value = labels.map((label, index) => {
      const values = of(label, kind);
      return `${names[index]} ${quantile(values, 0.5).toFixed(0)} (${quantile(values, 0.25).toFixed(0)}-${quantile(values, 0.75).toFixed(0)})`;
    });
    return { what: `${what}, ns (middle half)`, value: `${value.join(', ')}${ranking(labels, kind)}` };
  };
  /** Ours against libseccomp's of the same round, as the processor's speed drifts: where 1 is in the middle half there is no ranking. */
  const ranking = (labels: readonly string[], kind: string) => {
    const ours = of(labels.at(-1)!, kind);
    const reported = labels.slice(1, -1).map((label) => {
      const ratios = of(label, kind).map((other, round) => ours[round]! / other);
      const [low, middle, high] = [0.25, 0.5, 0.75].map((part) => quantile(ratios, part)) as [number, number, number];
      const hidden = low <= 1 && high >= 1 ? ': the spread hides the ranking' : '';
      return `min / ${label.replace(', uncached', '')} ${middle.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})${hidden}`;
    });
    return `; ${reported.join('; ')}`;
  };
  const label = `live, Linux ${release()}, Podman's default`;
  return [
    row(`${label}: allowed call, cached`, 'allowed'),
    row(`${label}: allowed call, the cache defeated`, 'allowed', ', uncached'),
    row(`${label}: call allowed by its argument`, 'checked'),
    row(`${label}: denied call`, 'denied'),
  ];
}
