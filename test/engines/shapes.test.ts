import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Notification, SeccompAgent } from '../../native-loader/index.js';
import { checkProfile } from '../../src/check/index.js';
import type { TargetName } from '../../src/compose/targets/target.js';
import { ScmpError } from '../../src/errors.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { readProfile } from '../../src/profile/index.js';
import { ROOT } from '../cli/scmp.js';
import { buildLoaderBundle, type LoaderBundle, launchersHere } from '../kernel/loader-bundle.js';
import { differences } from '../owners/owner.js';
import {
  ALL_SHAPES,
  answerOf,
  COLUMNS,
  type Column,
  ELSEWHERE,
  isAsBehind,
  READ_ALL_THE_SAME,
  RUNTIMES,
  STRICTER,
} from './answers.js';
import { answersOf } from './ask.js';
import { ENGINES, type Engine, type Started, startContainer, startedFlags } from './engine.js';
import { canRunEngines, EngineHost } from './host.js';
import { compiledFor, LIBSECCOMP, ourAnswer, withFlags } from './ours.js';
import { type Shape, SOCKET } from './shapes.js';

// The same shapes for every runtime: what `--runtime` makes of them, what the real ones do, and what is recorded agree.
//
//   FIELD=all npx vitest run test/engines/shapes.test.ts     all shapes with every engine, not only those where it has a say
//   FIELD=write npx vitest run test/engines/shapes.test.ts   the same, and writes answers.json

const libseccomp = loadLibseccompSync();
const FIELD = process.env.FIELD;
const FILE = join(ROOT, 'test/engines/answers.json');
/** The columns that are run, and what runs them. */
const RUN: Readonly<Partial<Record<Column, string>>> = {
  'runc-1.1': 'runc',
  crun: 'crun',
  docker: 'docker',
  containerd: 'containerd',
  podman: 'podman-crun',
};

describe.each(RUNTIMES)('--runtime %s', (runtime) => {
  it('decides as the runtime does, or is stricter and says why', () => {
    for (const { key, shape } of ALL_SHAPES) {
      const theirs = answerOf(runtime, key);
      if (key in ELSEWHERE) continue;
      const ours = ourAnswer(shape, runtime);
      if (key in STRICTER) expect(ours, key).toBe('refused');
      else expect(`${key}: ${ours}`).toBe(`${key}: ${theirs}`);
    }
  });
});

describe.each(['docker', 'containerd', 'podman', 'cri-o'] as const)('check --target %s', (engine) => {
  it('says so where the engine does otherwise than its runtime', () => {
    const silent = ALL_SHAPES.filter(({ key, shape }) => {
      return !isAsBehind(engine, key) && !isSaid(shape, engine);
    });
    expect(silent.map(({ key }) => key)).toEqual([]);
  });
});

/** Whether `scmp check` refuses the profile, or has a finding about the target. */
function isSaid({ text }: Shape, engine: TargetName): boolean {
  try {
    const profile = readProfile(text, { notifyGuards: false });
    const { findings } = checkProfile(profile, {
      engine,
      targets: ['x86_64'],
      libseccomp,
      libseccompVersion: LIBSECCOMP,
    });
    return findings.some(({ id }) => /-by-target$|^engine-reads-nothing$|^refused-by-runtime$/.test(id));
  } catch (error) {
    if (error instanceof ScmpError) return true;
    throw error;
  }
}

describe('a SeccompProfile of the operator', () => {
  it('decides as the operator has it, or is refused and says why', () => {
    const unlike = ALL_SHAPES.flatMap(({ key, shape }) => {
      const theirs = answerOf('operator', key);
      const ours = ourAnswer({ ...shape, text: asOperator(shape.text) }, 'runc-1.1');
      const isKnown = key in ELSEWHERE || key in READ_ALL_THE_SAME;
      return ours === 'refused' || ours === theirs || isKnown ? [] : [`${key}: ${ours}, theirs ${theirs}`];
    });
    expect(unlike).toEqual([]);
  });
});

/** The same section in the operator's kind. */
function asOperator(text: string): string {
  const head = {
    apiVersion: 'security-profiles-operator.x-k8s.io/v1',
    kind: 'SeccompProfile',
    metadata: { name: 'a' },
  };
  return JSON.stringify({ ...head, spec: 'SPEC' }).replace('"SPEC"', () => text);
}

it('each shape that is refused by us alone is taken by some', () => {
  const keys = ALL_SHAPES.map(({ key }) => key);
  expect(keys.length).toBeGreaterThan(60);
  expect(new Set(keys).size).toBe(keys.length);
  for (const key of [...Object.keys(STRICTER), ...Object.keys(ELSEWHERE)]) expect(keys).toContain(key);
  for (const key of Object.keys(STRICTER)) {
    const taken = RUNTIMES.filter((runtime) => answerOf(runtime, key) !== 'refused');
    expect(taken.length, key).toBeGreaterThan(0);
  }
});

describe.skipIf(!canRunEngines())('the real ones', () => {
  let host: EngineHost;
  let bundle: LoaderBundle;
  let agent: SeccompAgent;
  /** By column and shape. */
  const started = new Map<string, { answer: string; result: Started }>();

  beforeAll(async () => {
    host = new EngineHost();
    bundle = buildLoaderBundle(launchersHere()[0]!);
    const loader: typeof import('../../native-loader/index.js') = await import(bundle.loader);
    const socketPath = join(host.folder, 'agent.sock');
    const onContainer = () => ({ onNotification: async (call: Notification) => call.continue() });
    agent = await loader.createSeccompAgent({ socketPath, onContainer });
    for (const name of Object.values(RUN)) await engineOf(name).setUp?.(host);
    await Promise.all(Object.entries(RUN).map(([column, name]) => lane(column as Column, engineOf(name), socketPath)));
  }, 600_000);
  afterAll(async () => {
    await agent?.close();
    await host?.close();
    bundle?.remove();
  });

  const engineOf = (name: string) => ENGINES.find((engine) => engine.name === name)!;

  /** An engine in front of a runtime has a say in a few; the others are the runtime's. */
  const isRun = (column: Column, key: string): boolean => {
    const { behind } = COLUMNS[column];
    return FIELD !== undefined || behind === undefined || !isAsBehind(column, key);
  };

  async function lane(column: Column, engine: Engine, socketPath: string): Promise<void> {
    for (const [index, { key, shape }] of ALL_SHAPES.entries()) {
      if (!isRun(column, key)) continue;
      const profile = join(host.folder, `${column}-${index}.json`);
      writeFileSync(profile, shape.text.replaceAll(SOCKET, socketPath));
      const result = await startContainer(host, engine, { profile });
      started.set(`${column} ${key}`, { answer: await answer(shape, engine, profile, result), result });
    }
  }

  async function answer(shape: Shape, engine: Engine, profile: string, result: Started): Promise<string> {
    if ('refusal' in result) return 'refused';
    if (result.filters.length === 0) return 'no filter';
    const answers = answersOf(shape, result.filters[0]!);
    return engine.isParent && shape.askFlags
      ? withFlags(shape, answers, await startedFlags(host, engine, { profile }))
      : answers;
  }

  it('answer as recorded', () => {
    if (FIELD === 'write') {
      const rows = ALL_SHAPES.map(({ key }) => {
        const cells = Object.keys(RUN).map((column) => [column, started.get(`${column} ${key}`)!.answer]);
        return [key, Object.fromEntries(cells)];
      });
      writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(rows), null, 2)}\n`);
      return;
    }
    expect(started.size).toBeGreaterThan(2 * ALL_SHAPES.length);
    for (const [at, { answer: seen }] of started) {
      const [, column, key] = /^(\S+) (.*)$/.exec(at)!;
      expect(`${at}: ${seen}`).toBe(`${at}: ${answerOf(column as Column, key!)}`);
    }
  });

  it.each(['runc-1.1', 'crun'] as const)(
    '%s: every decision, not only what is asked, is that of --runtime',
    (runtime) => {
      let compared = 0;
      for (const { key, shape } of ALL_SHAPES) {
        const made = compiledFor(shape.text, runtime);
        const { result } = started.get(`${runtime} ${key}`)!;
        if (!made || 'refusal' in result || result.filters.length === 0) continue;
        expect(differences(made.program, result.filters[0]!), key).toEqual([]);
        compared++;
      }
      expect(compared).toBeGreaterThan(30);
    },
  );
});

it('answers.json has an answer to each shape', () => {
  if (!existsSync(FILE)) return;
  expect(Object.keys(JSON.parse(readFileSync(FILE, 'utf8')))).toEqual(ALL_SHAPES.map(({ key }) => key));
});
