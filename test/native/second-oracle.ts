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

/** Processor time in milliseconds for one operation: a release without our patches does not end some. Most take one or two. */
const LIMIT = 80;

/** The same of what is known to end: without patch 13 the last of many rules takes its time. */
const LONG_LIMIT = 10_000;

/** How many cases a process is given: it reads all of them before the first, also those behind one that does not end. */
const GROUP = 100;

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
  const answers = ask(SECOND, cases).map((theirs, at) =>
    theirs === DOES_NOT_END && !isCircle(cases[at]!) ? (ask(SECOND, [cases[at]!], LONG_LIMIT)[0] as Answers) : theirs,
  );
  const differing = cases.flatMap((each, at) => {
    const theirs = answers[at] as Answers;
    return theirs === each.steps.map(({ answer }) => answer).join('\n') ? [] : [{ each, theirs }];
  });
  const patches = explain(differing);
  return differing.map(({ each, theirs }, at) => {
    const lines = theirs.split('\n');
    const step = each.steps.findIndex(({ answer }, i) => answer !== lines[i]);
    const { line, answer } = each.steps[step]!;
    return { seed: each.seed, line, ours: answer, theirs: lines[step] ?? '', patches: patches[at] };
  });
}

/** Whether our own build does not end it either, without the patch of such rules. */
const isCircle = (each: RandomCase): boolean =>
  ask(buildVariant('oracle', { without: [CIRCLE_PATCH] }), [each])[0] === DOES_NOT_END;

interface Differing {
  each: RandomCase;
  theirs: Answers;
}

/** The patches without which our own build answers a case just so, and with any of which it no longer does. */
function explain(differing: readonly Differing[]): (readonly number[] | undefined)[] {
  const sets = differing.map(({ theirs }): readonly number[] | undefined =>
    theirs === DOES_NOT_END ? [CIRCLE_PATCH] : LACKING,
  );
  const isOpen = differing.map(({ theirs }) => theirs !== DOES_NOT_END);
  const narrow = (without: (set: readonly number[]) => readonly number[], otherwise: (at: number) => void) => {
    const groups = new Map<string, number[]>();
    sets.forEach((set, at) => {
      if (set && isOpen[at]) groups.set(`${set}`, [...(groups.get(`${set}`) ?? []), at]);
    });
    for (const members of groups.values()) {
      const fewer = without(sets[members[0]!]!);
      const of = members.map((at) => differing[at]!);
      const answers = ask(
        buildVariant('oracle', { without: fewer }),
        of.map(({ each }) => each),
        LONG_LIMIT,
      );
      members.forEach((at, i) => {
        if (answers[i] === of[i]?.theirs) sets[at] = fewer;
        else otherwise(at);
      });
    }
  };
  narrow(
    (set) => set,
    (at) => {
      sets[at] = undefined;
    },
  );
  for (const number of LACKING)
    narrow(
      (set) => set.filter((other) => other !== number),
      () => {},
    );
  return sets;
}

/** What an oracle answers to each of some cases, in few processes: to start one takes longer than most cases. */
function ask(oracle: string, cases: readonly RandomCase[], limit = LIMIT): Answers[] {
  const answers: Answers[] = [];
  while (answers.length < cases.length) {
    const group = cases.slice(answers.length, answers.length + GROUP);
    const answered = begin(oracle, group, limit);
    answers.push(...answered, ...(answered.length < group.length ? [DOES_NOT_END] : []));
  }
  return answers;
}

/** What one process answers to some cases up to the first that does not end. */
function begin(oracle: string, cases: readonly RandomCase[], limit: number): Answers[] {
  const input = cases.flatMap(({ steps }) => steps.map(({ line }) => `${line}\n`)).join('');
  const options = { input, encoding: 'utf8', maxBuffer: 1 << 28, timeout: 120_000 } as const;
  const { status, signal, stdout, error } = spawnSync(oracle, ['0', String(limit)], options);
  if (status !== 0 && signal !== 'SIGVTALRM') throw error ?? new Error(`${oracle}: status ${status}, signal ${signal}`);
  const lines = stdout.split('\n').slice(0, -1);
  const answers: Answers[] = [];
  let at = 0;
  for (const { steps } of cases) {
    if (at + steps.length > lines.length) break;
    answers.push(lines.slice(at, at + steps.length).join('\n'));
    at += steps.length;
  }
  return answers;
}
