// Every figure of docs/performance.md and docs/minimiser.md, measured here: `npm run bench`. Ratios come from pairs measured in turn in one run, since
// the speed of a machine drifts; of each the median is printed.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parseArchitecture } from '../src/architecture.js';
import { applyOperation, type FilterOperation, planFilter } from '../src/compiler/index.js';
import { fastestOrder } from '../src/compiler/rule-order.js';
import { FilterContext, loadLibseccompSync } from '../src/libseccomp/index.js';
import type { SeccompPolicy } from '../src/policy.js';
import { readProfile } from '../src/profile/index.js';
import { resolvePolicy } from '../src/profile/resolve/resolve-policy.js';
import { oracleLines, timeOracle } from '../test/native/oracle.js';
import { composeFigures } from './compose.js';
import { conditionFigures } from './conditions.js';
import { decisionDiagramFigures } from './decision-diagram.js';
import type { Figure } from './figure.js';
import { launchFigures } from './launch.js';
import { liveFigures } from './live-calls.js';
import { logFigures } from './logs.js';
import { lspFigures } from './lsp.js';
import { mergeFigures } from './merge.js';
import { minimizeFigures } from './minimize.js';
import { playgroundFigures } from './playground.js';
import { median } from './quantile.js';
import { recordFigures } from './record.js';
import { simulateFigures } from './simulate.js';
import { supervisorFigures } from './supervisor.js';
import { wholeCompileFigures } from './whole-compile.js';

const root = process.cwd();
const PROFILE = join(root, 'build/test-inputs/podman-default.json');
const libseccomp = loadLibseccompSync({ wasm: readFileSync(join(root, 'dist/libseccomp.wasm')) });

const milliseconds = (seconds: number) => `${(seconds * 1000).toFixed(2)} ms`;

function secondsOf(run: () => void): number {
  const begin = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - begin) / 1e9;
}

/** The calls for the profile on x86_64 with its 32-bit architectures: what both sides are timed on. */
function plan(optimize: 0 | 2): { policy: SeccompPolicy; operations: FilterOperation[] } {
  const architecture = parseArchitecture('x86_64');
  const { policy } = resolvePolicy(readProfile(readFileSync(PROFILE)), { arch: architecture });
  const { operations } = planFilter(policy, {
    architecture,
    optimize,
    unknownSyscall: 'ignore',
    resolveSyscall: (name) => libseccomp.resolveSyscallName(name, architecture),
  });
  return { policy, operations };
}

/** What compilePolicy has libseccomp do; native gets the same calls in the profile's order. */
function compileOperations({ policy, operations }: ReturnType<typeof plan>): Uint8Array {
  using filter = new FilterContext(libseccomp, { defaultAction: policy.defaultAction, architecture: 'x86_64' });
  filter.releaseOnRefusal();
  for (const operation of fastestOrder(operations)) applyOperation(filter, operation);
  return filter.exportBpf();
}

function compileTime(optimize: 0 | 2): Figure[] {
  const planned = plan(optimize);
  const lines = [
    ...oracleLines(planned.operations, { defaultAction: planned.policy.defaultAction, arch: 'x86_64' }),
    'release 0',
  ];
  const RUNS = 20;
  for (let i = 0; i < RUNS; i++) compileOperations(planned);
  const rounds = Array.from({ length: 9 }, () => {
    const native = median(timeOracle(lines, RUNS + 2).slice(2));
    const wasm = median(Array.from({ length: RUNS }, () => secondsOf(() => compileOperations(planned))));
    return { native, wasm, ratio: wasm / native };
  });
  const ratio = median(rounds.map((round) => round.ratio));
  const size = compileOperations(planned).length / 8;
  const rules = planned.operations.filter(({ kind }) => kind === 'addRule').length;
  const label = `Podman's default for x86_64, x86, x32 (${rules} rules, ${size} instructions, optimize ${optimize})`;
  return [
    { what: `${label}: native libseccomp`, value: milliseconds(median(rounds.map(({ native }) => native))) },
    { what: `${label}: libseccomp.wasm`, value: milliseconds(median(rounds.map(({ wasm }) => wasm))) },
    { what: `${label}: wasm / native`, value: ratio.toFixed(2), bar: 'at most 1.0', holds: ratio <= 1 },
  ];
}

function coldStart(): Figure[] {
  const program = process.env.SCMP_BENCH_NODE ?? process.execPath;
  const version = spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout.trim();
  const node = (args: string[], env: NodeJS.ProcessEnv = {}) =>
    secondsOf(() => {
      const { status, stderr } = spawnSync(program, args, { env: { ...process.env, ...env } });
      if (status !== 0) throw new Error(`${args.join(' ')}: exit ${status}: ${stderr}`);
    });
  const command = [join(root, 'dist/scmp.cjs'), 'compile', PROFILE, '--arch', 'x86_64', '-o', '/dev/null'];
  const starts = () => ({
    nothing: node(['-e', '0']),
    compile: node(command),
    // without Node's compile cache (22.1 and later), as the first one after an installation
    first: node(command, { NODE_DISABLE_COMPILE_CACHE: '1' }),
  });
  starts(); // which keeps it, and makes the machine's caches warm
  const all = Array.from({ length: 25 }, starts);
  const added = median(all.map(({ compile, nothing }) => compile - nothing));
  const addedFirst = median(all.map(({ first, nothing }) => first - nothing));
  return [
    { what: `node -e 0, Node ${version}`, value: milliseconds(median(all.map(({ nothing }) => nothing))) },
    {
      what: `scmp compile of Podman's default, Node ${version}`,
      value: milliseconds(median(all.map(({ compile }) => compile))),
    },
    // The bar is for a Node that has a compile cache; 20 starts without.
    'enableCompileCache' in process.getBuiltinModule('node:module') || program !== process.execPath
      ? {
          what: `added by scmp, Node ${version}`,
          value: milliseconds(added),
          bar: 'at most 80 ms',
          holds: added <= 0.08,
        }
      : { what: `added by scmp, Node ${version}, which has no compile cache`, value: milliseconds(added) },
    { what: `added by the first start after an installation, Node ${version}`, value: milliseconds(addedFirst) },
  ];
}

function wasmSize(): Figure {
  const wasm = readFileSync(join(root, 'dist/libseccomp.wasm'));
  const gzipped = gzipSync(wasm, { level: 9 }).length;
  return {
    what: 'libseccomp.wasm',
    value: `${wasm.length} bytes, ${gzipped} gzipped`,
    bar: 'at most 60000 gzipped',
    holds: gzipped <= 60_000,
  };
}

const figures: Figure[] = [
  // first: its first run is a cold one
  ...decisionDiagramFigures(root, libseccomp),
  ...conditionFigures(),
  ...composeFigures(libseccomp),
  ...compileTime(0),
  ...compileTime(2),
  ...(await wholeCompileFigures(root)),
  ...coldStart(),
  wasmSize(),
  ...minimizeFigures(root, libseccomp),
  ...liveFigures(root, readFileSync(PROFILE), libseccomp),
  ...simulateFigures(root, readFileSync(PROFILE), libseccomp),
  ...(await launchFigures(root)),
  ...(await supervisorFigures(root, libseccomp)),
  ...recordFigures(root),
  ...logFigures(root),
  ...mergeFigures(root),
  ...(await lspFigures(root)),
  ...(await playgroundFigures(join(root, 'dist/playground'))),
];
console.log(`Node ${process.version}, ${cpus()[0]?.model}, ${cpus().length} cores; medians\n`);
const width = Math.max(...figures.map(({ what }) => what.length));
for (const { what, value, bar, holds } of figures) {
  console.log(`${what.padEnd(width)}  ${value}${bar ? `  (${bar}: ${holds ? 'holds' : 'MISSED'})` : ''}`);
}
