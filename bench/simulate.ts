// How fast programs are simulated, beside libseccomp's own simulator.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSimulator, type SeccompData, seccompDataWords } from '../src/bpf/index.js';
import { compileProfileSync } from '../src/compiler/index.js';
import type { Libseccomp } from '../src/libseccomp/index.js';
import type { Figure } from './figure.js';
import { median } from './quantile.js';

const TOOLS = 'build/source/tools';
const FOLDER = 'build/bench';
const AUDIT_ARCH_X86_64 = 0xc000003e;
const INSTRUCTIONS_PER_SECOND = 20e6;
const ROUNDS = 9;

/**
 * scmp_bpf_sim makes one decision a process, and prints it. Its own interpreter is timed, compiled with its own flags
 * from its own source. One change is in its favour: the decision is returned to a loop instead of printed.
 */
function buildUpstream(root: string): string {
  const source = readFileSync(join(root, TOOLS, 'scmp_bpf_sim.c'), 'utf8');
  const printing = 'end_action(k, ip_c);';
  const entry = 'int main(int argc, char *argv[])';
  if (source.split(printing).length !== 2 || !source.includes(entry)) {
    throw new Error(`${TOOLS}/scmp_bpf_sim.c is not as this bench knows it`);
  }
  const loop = `
#include <time.h>

/* Standard input: instructions, inputs and runs as three uint32_t; the instructions; the inputs as struct seccomp_data. */
int main(void)
{
	uint32_t sizes[3], sum = 0;
	struct timespec begin, end;

	if (fread(sizes, sizeof *sizes, 3, stdin) != 3) return 1;
	struct bpf_program program = { sizes[0], calloc(sizes[0], sizeof(bpf_instr_raw)) };
	struct seccomp_data *inputs = calloc(sizes[1], sizeof *inputs);
	if (fread(program.i, sizeof *program.i, sizes[0], stdin) != sizes[0]) return 1;
	if (fread(inputs, sizeof *inputs, sizes[1], stdin) != sizes[1]) return 1;
	arch = AUDIT_ARCH_X86_64;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (uint32_t run = 0; run < sizes[2]; run++)
		for (uint32_t i = 0; i < sizes[1]; i++) {
			bpf_execute(&program, &inputs[i]);
			sum += decision;
		}
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%.9f %u\\n", (end.tv_sec - begin.tv_sec) + (end.tv_nsec - begin.tv_nsec) / 1e9, sum);
	return 0;
}
`;
  const changed = source
    .replace(printing, '{ decision = k; return; }')
    .replace('static unsigned int opt_verbose', 'static uint32_t decision;\nstatic unsigned int opt_verbose')
    .replace(entry, `static int main_of_upstream(int argc, char *argv[])`);
  mkdirSync(join(root, FOLDER), { recursive: true });
  const file = join(root, FOLDER, 'upstream-simulator.c');
  writeFileSync(file, changed + loop);
  const include = ['-I', join(root, TOOLS), '-I', join(root, 'build/source/include'), '-I', join(root, 'build/native')];
  const executable = file.replace(/\.c$/, '');
  execFileSync('gcc', ['-O2', '-w', ...include, file, join(root, TOOLS, 'util.c'), '-o', executable]);
  return executable;
}

/** Every system call of x86_64 with a few arguments each, always the same ones. */
function inputs(): SeccompData[] {
  const first = [0n, 1n, 0x28n, 0x10000000n];
  return Array.from({ length: 470 }, (_, nr) => nr).flatMap((nr) =>
    first.map((value) => ({
      nr,
      arch: AUDIT_ARCH_X86_64,
      instructionPointer: 0n,
      args: [value, value + 1n, 0n, 0n, 0n, 0n] as const,
    })),
  );
}

/** Time both on one program and the same inputs, in turn; both have to come to the same decisions. */
function measure(program: Uint8Array, executable: string, label: string): Figure[] {
  const simulator = createSimulator({ program, arches: ['x86_64'] });
  const words = inputs().map((data) => seccompDataWords(data, 'little'));
  const executed = words.reduce((sum, each) => {
    const path: number[] = [];
    simulator.returnValue(each, path);
    return sum + path.length;
  }, 0);
  const RUNS = Math.ceil(3e7 / executed);

  const ours = () => {
    const begin = process.hrtime.bigint();
    let sum = 0;
    for (let run = 0; run < RUNS; run++) for (const each of words) sum = (sum + simulator.returnValue(each)) >>> 0;
    return { seconds: Number(process.hrtime.bigint() - begin) / 1e9, sum };
  };
  const header = new Uint8Array(Uint32Array.of(program.length / 8, words.length, RUNS).buffer);
  const input = Buffer.concat([header, program, ...words.map((each) => new Uint8Array(each.buffer))]);
  const upstream = () => {
    const [seconds, sum] = execFileSync(executable, { input }).toString().trim().split(' ').map(Number);
    return { seconds: seconds as number, sum: sum as number };
  };

  ours();
  const rounds = Array.from({ length: ROUNDS }, () => ({ ours: ours(), upstream: upstream() }));
  for (const round of rounds) if (round.ours.sum !== round.upstream.sum) throw new Error('the two decide differently');
  const perSecond = (executed * RUNS) / median(rounds.map((round) => round.ours.seconds));
  const perDecision = (side: 'ours' | 'upstream') =>
    (median(rounds.map((round) => round[side].seconds)) / (RUNS * words.length)) * 1e9;
  const ratio = median(rounds.map((round) => round.ours.seconds / round.upstream.seconds));
  return [
    {
      what: `simulate, ${label}: instructions a second`,
      value: `${(perSecond / 1e6).toFixed(0)} million`,
      bar: `at least ${INSTRUCTIONS_PER_SECOND / 1e6} million`,
      holds: perSecond >= INSTRUCTIONS_PER_SECOND,
    },
    {
      what: `simulate, ${label}: a decision (ours, scmp_bpf_sim's interpreter)`,
      value: `${perDecision('ours').toFixed(0)} ns, ${perDecision('upstream').toFixed(0)} ns`,
    },
    {
      what: `simulate, ${label}: ours / scmp_bpf_sim's interpreter`,
      value: ratio.toFixed(2),
      bar: 'at most 1.0',
      holds: ratio <= 1,
    },
  ];
}

/** The figures of the simulator; `root` is the project's folder, where the native build has been made. */
export function simulateFigures(root: string, profile: Uint8Array, libseccomp: Libseccomp): Figure[] {
  const executable = buildUpstream(root);
  return ([0, 2] as const).flatMap((optimize) => {
    const { program } = compileProfileSync(profile, { arch: 'x86_64', optimize, libseccomp });
    return measure(program, executable, `Podman's default, ${program.length / 8} instructions, optimize ${optimize}`);
  });
}
