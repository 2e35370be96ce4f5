import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RandomCase } from './fuzz.js';
import { buildVariant, neededPatches, readLock } from './patch-variants.js';

// A release of libseccomp that somebody else built (wasm/libseccomp-second.lock), behind the oracle's protocol: what is
// compared with native libseccomp of our own source is compared with it as well. It lacks patches of ours, and each
// difference has to be what some of them make.

const SECOND = fileURLToPath(new URL('../../build/second/oracle', import.meta.url));
/** The same release's static library; its header stands beside it. */
export const SECOND_LIBRARY = fileURLToPath(new URL('../../build/second/libseccomp.a', import.meta.url));
export const SECOND_RELEASE = readLock('libseccomp-second').get('version') as string;
export const hasSecond = existsSync(SECOND);
if (!hasSecond) {
  console.warn(
    `SKIPPED: build/second/oracle is missing, nothing is compared with libseccomp ${SECOND_RELEASE} of Debian`,
  );
}

/** The patches that make all the difference there may be. */
export const LACKING: readonly number[] = neededPatches(SECOND_RELEASE).map(({ number }) => number);

/** Processor time for a case, in seconds: a release without our patches does not end some. Others take some milliseconds. */
const CPU_LIMIT = 1;

/** The patch of rules for which libseccomp never ends. */
const CIRCLE_PATCH = 9;

/** What an oracle answers to one case: its lines, or that it did not end. */
type Answers = string;
const DOES_NOT_END = 'does not end';

export interface Difference {
  seed: number;
  line: string;
  ours: string;
  theirs: string;
  /** The patches that make the difference; undefined where our build without all that it lacks answers otherwise. */
  patches: readonly number[] | undefined;
}

/** The cases that the second oracle answers otherwise than the wasm did. */
export function compareWithSecond(cases: readonly RandomCase[]): Difference[] {
  return cases.flatMap((each): Difference[] => {
    const ours = each.steps.map(({ answer }) => answer).join('\n');
    const answers = answersOf(each, SECOND);
    if (answers === ours) return [];
    const lines = answers.split('\n');
    const step = each.steps.findIndex(({ answer }, i) => answer !== lines[i]);
    const { line, answer } = each.steps[step]!;
    return [{ seed: each.seed, line, ours: answer, theirs: lines[step] ?? '', patches: explain(each, answers) }];
  });
}

/** The patches without which our own build answers a case just so, and with each of which it no longer does. */
function explain(each: RandomCase, answers: Answers): readonly number[] | undefined {
  const isSo = (without: readonly number[]) => answersOf(each, buildVariant('oracle', { without })) === answers;
  // what does not end takes long to try
  if (answers === DOES_NOT_END && isSo([CIRCLE_PATCH])) return [CIRCLE_PATCH];
  if (!isSo(LACKING)) return undefined;
  return LACKING.reduce((without, number) => {
    const fewer = without.filter((other) => other !== number);
    return isSo(fewer) ? fewer : without;
  }, LACKING);
}

function answersOf({ steps }: RandomCase, oracle: string): Answers {
  const input = steps.map(({ line }) => `${line}\n`).join('');
  const command = `ulimit -t ${CPU_LIMIT}; exec "$0"`;
  const { status, signal, stdout } = spawnSync('sh', ['-c', command, oracle], { input, encoding: 'utf8' });
  if (status === 0) return stdout.trimEnd();
  if (signal === 'SIGXCPU' || signal === 'SIGKILL') return DOES_NOT_END;
  throw new Error(`${oracle}: status ${status}, signal ${signal}`);
}
