import type { Architecture } from '../architecture.js';
import type { WeighedCall } from '../bpf/minimize/index.js';
import { readCallCounts } from '../learn/call-counts.js';
import { loadLibseccompSync } from '../libseccomp/index.js';
import { readInput } from './input.js';
import { printWarnings } from './output.js';

/** The counts of a file of `--weights`, as read for each machine that a filter is for. */
export function readWeightsFile(path: string, targets: readonly Architecture[]): readonly WeighedCall[] {
  const { bytes, source } = readInput(path, 'file');
  const libseccomp = loadLibseccompSync();
  const counted = targets.map(({ name }) => readCallCounts(bytes, { architecture: name, source, libseccomp }));
  printWarnings(
    counted.flatMap(({ warnings }) => warnings),
    source,
  );
  // A line that names no architecture is one call on each; of one machine in several filters it counts once.
  const calls = new Map(counted.flatMap((each) => each.calls).map((call) => [`${call.auditArch} ${call.nr}`, call]));
  return [...calls.values()];
}
