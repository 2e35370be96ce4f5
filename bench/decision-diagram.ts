// How long exact answers take, and what they need: the diagram of a program, a comparison, a proof.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareDecisions, implies } from '../src/bpf/decisions/compare.js';
import { buildDecisionDiagram } from '../src/bpf/decisions/decision-diagram.js';
import type { CompiledRules } from '../src/compiler/expected-decisions.js';
import { compileProfileSync } from '../src/compiler/index.js';
import { proveDecisions } from '../src/compiler/prove-decisions.js';
import type { Libseccomp } from '../src/libseccomp/index.js';
import { builtinProfile } from '../src/profile/builtin/index.js';
import { extendProfile } from '../src/profile/extend/extend-profile.js';
import { readProfile } from '../src/profile/formats/read-profile.js';
import type { Figure } from './figure.js';
import { median } from './quantile.js';

const RUNS = 30;
const DIAGRAM_BAR = 250;
const IMPLIES_BAR = 15;

/** The first run, before anything of it is compiled to machine code, and the median of those that follow; milliseconds. */
function firstAndMedian(run: () => void): { first: number; warm: number } {
  const times = Array.from({ length: RUNS + 1 }, () => {
    const begin = process.hrtime.bigint();
    run();
    return Number(process.hrtime.bigint() - begin) / 1e6;
  });
  return { first: times[0] as number, warm: median(times.slice(1)) };
}

/** Figures of Podman's default profile for x86_64, x86 and x32. To be asked first, so that its first run is one. */
export function decisionDiagramFigures(root: string, libseccomp: Libseccomp): Figure[] {
  const profile = readFileSync(join(root, 'build/test-inputs/podman-default.json'));
  let compiledRules: CompiledRules | undefined;
  const verify = (given: CompiledRules) => {
    compiledRules = given;
  };
  const filter = compileProfileSync(profile, { arch: 'x86_64', libseccomp, verify });
  const stricter = compileProfileSync(profile, { arch: 'x86_64', libseccomp, capabilities: ['CAP_SYS_ADMIN'] });
  const text = ({ first, warm }: { first: number; warm: number }) =>
    `${first.toFixed(1)} ms first, ${warm.toFixed(1)} ms warm`;

  const built = firstAndMedian(() => buildDecisionDiagram(filter));
  const compared = firstAndMedian(() => compareDecisions(filter, stricter));
  const docker = extendProfile(readProfile({ extends: 'docker' }), builtinProfile);
  const baseline = compileProfileSync(docker, { arch: 'x86_64', libseccomp, capabilities: [] });
  const implied = firstAndMedian(() => implies(filter, baseline));
  const proved = firstAndMedian(() => proveDecisions(compiledRules as CompiledRules));
  const { store, root: node } = buildDecisionDiagram(filter);
  const label = `Podman's default for x86_64, x86, x32 (${filter.program.length / 8} instructions)`;
  return [
    {
      what: `${label}: decision diagram`,
      value: text(built),
      bar: `at most ${DIAGRAM_BAR} ms`,
      holds: built.first <= DIAGRAM_BAR,
    },
    {
      what: `${label}: memory of its diagram`,
      value: `${(store.bytes / 2 ** 20).toFixed(1)} MiB (${store.nodes} nodes made, ${store.reachable(node).size} in the diagram)`,
    },
    { what: `${label}: exact comparison with CAP_SYS_ADMIN`, value: text(compared) },
    {
      what: `${label}: whether it implies Docker's (${baseline.program.length / 8}), with witnesses`,
      value: text(implied),
      bar: `at most ${IMPLIES_BAR} ms warm`,
      holds: implied.warm <= IMPLIES_BAR,
    },
    { what: `${label}: proof of its translation`, value: text(proved) },
  ];
}
