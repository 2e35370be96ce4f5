import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { Action } from '../../src/policy.js';
import type { SimulatedCall } from './regression-table.js';
import { upstreamTool } from './source.js';

/** A question for upstream's simulator. */
export interface SimulatorQuery extends SimulatedCall {
  /** The file that holds the BPF program. */
  program: string;
}

/**
 * What upstream's `scmp_bpf_sim` answers, in its own words (`ERRNO(1)`), or `exit N` where it fails. It takes one
 * question a process, so the time goes into starting it: a shell for each core does that fastest.
 */
export async function askUpstreamSimulator(queries: readonly SimulatorQuery[]): Promise<string[]> {
  const share = Math.ceil(queries.length / availableParallelism());
  const shares = [];
  for (let at = 0; at < queries.length; at += share) shares.push(queries.slice(at, at + share));
  return (await Promise.all(shares.map(askInOneShell))).flat();
}

function askInOneShell(queries: readonly SimulatorQuery[]): Promise<string[]> {
  const script = queries.map(({ program, architecture, nr, args }) => {
    const options = args.map((value, index) => (value === 0n ? '' : ` -${index} ${value}`)).join('');
    return `$SIM -f '${program}' -a ${architecture.name} -s ${nr}${options} || echo exit $?\n`;
  });
  return new Promise((resolve, reject) => {
    const shell = spawn('sh', ['-s'], {
      env: { SIM: upstreamTool('scmp_bpf_sim') },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let output = '';
    shell.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    shell.on('error', reject);
    shell.on('close', (status) => {
      const answers = output.trimEnd().split('\n');
      if (status === 0 && answers.length === queries.length) resolve(answers);
      else
        reject(new Error(`${answers.length} answers from scmp_bpf_sim to ${queries.length} questions (sh: ${status})`));
    });
    shell.stdin.end(script.join(''));
  });
}

/** An action in the words of upstream's simulator and tables. */
export function upstreamName(action: Action): string {
  if ('data' in action) return `${action.kind}(${action.data})`;
  return action.kind === 'KILL_THREAD' ? 'KILL' : action.kind;
}
