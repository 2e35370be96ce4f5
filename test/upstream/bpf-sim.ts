import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Action } from '../../src/policy.js';
import type { SimulatedCall } from './regression-table.js';

/** A question for upstream's simulator. */
export interface SimulatorQuery extends SimulatedCall {
  /** The file that holds the BPF program. */
  program: string;
}

const SIMULATOR = fileURLToPath(new URL('../../build/scmp-bpf-sim-all', import.meta.url));

/** What upstream's `scmp_bpf_sim` answers, in its own words (`ERRNO(1)`), or `exit N` where it fails. */
export async function askUpstreamSimulator(queries: readonly SimulatorQuery[]): Promise<string[]> {
  if (!existsSync(SIMULATOR)) throw new Error(`${SIMULATOR} is missing: run ./build.sh --native`);
  const share = Math.ceil(queries.length / availableParallelism());
  const shares = [];
  for (let at = 0; at < queries.length; at += share) shares.push(queries.slice(at, at + share));
  return (await Promise.all(shares.map(askInOneProcess))).flat();
}

function askInOneProcess(queries: readonly SimulatorQuery[]): Promise<string[]> {
  const lines = queries.map(({ program, architecture, nr, args }) => {
    const words = args.flatMap((value, index) => (value === 0n ? [] : [`-${index}`, value]));
    return `${['-f', program, '-a', architecture.name, '-s', nr, ...words].join('\t')}\n`;
  });
  return new Promise((resolve, reject) => {
    const simulator = spawn(SIMULATOR, { stdio: ['pipe', 'pipe', 'ignore'] });
    let output = '';
    simulator.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    simulator.on('error', reject);
    simulator.on('close', (status) => {
      const answers = output.trimEnd().split('\n');
      if (status === 0 && answers.length === queries.length) resolve(answers);
      else reject(new Error(`${answers.length} answers to ${queries.length} questions (exit ${status})`));
    });
    simulator.stdin.end(lines.join(''));
  });
}

/** An action in the words of upstream's simulator and tables. */
export function upstreamName(action: Action): string {
  if ('data' in action) return `${action.kind}(${action.data})`;
  return action.kind === 'KILL_THREAD' ? 'KILL' : action.kind;
}
