import { readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SeccompAgent } from '../../native-loader/index.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import { ScmpError } from '../../src/errors.js';
import { readProfile, writeProfile } from '../../src/profile/index.js';
import { CAPABILITIES, parseCapabilities } from '../../src/profile/model/capability.js';
import { ROOT } from '../cli/scmp.js';
import { buildLoaderBundle, type LoaderBundle, launchersHere } from '../kernel/loader-bundle.js';
import { differences } from '../owners/owner.js';
import { ENGINES, type Engine, type Started, startContainer } from './engine.js';
import { EXPLAINED, OWN } from './explained.js';
import { canRunEngines, ENGINES_FOLDER, EngineHost } from './host.js';
import { type EngineProfile, PROFILES } from './profiles.js';

// The filters of real containers, read from their processes as `scmp dump` reads them, against what `scmp compile` makes
// for that engine, its capabilities and its libseccomp: every decision alike, or a row of explained.ts.

const KERNEL = release().split('.').slice(0, 2).join('.');
/** Of Debian 12, which all of them are linked with. */
const LIBSECCOMP = '2.5.4';
const NAMES = [OWN, ...PROFILES.map(({ name }) => name)];

/** What an engine is known to have where it is given no profile. */
function ownProfile(engine: Engine): string | undefined {
  const path = engine.name.startsWith('podman')
    ? join(ENGINES_FOLDER, 'usr/share/containers/seccomp.json')
    : join(ROOT, 'build/test-inputs/moby-default.json');
  return engine.takes === 'docker' || engine.name === 'containerd' ? readFileSync(path, 'utf8') : undefined;
}

type Ours = { readonly filters: readonly Uint8Array[] } | { readonly refusal: string };

function compiled(engine: Engine, text: string | undefined, addCapabilities: readonly string[] = []): Ours {
  if (text === undefined) return { filters: [] };
  try {
    const { program } = compileProfileSync(readProfile(text), {
      arch: 'x86_64',
      runtime: engine.runtime,
      capabilities: [...engine.capabilities, ...addCapabilities],
      kernel: KERNEL,
      libseccompVersion: engine.takes === 'program' ? undefined : LIBSECCOMP,
    });
    return { filters: [program] };
  } catch (error) {
    if (error instanceof ScmpError) return { refusal: error.message };
    throw error;
  }
}

/** What is not as ours says, in a line each; none where all is alike. */
function outcome(theirs: Started, ours: Ours): string[] {
  if ('refusal' in theirs) return 'refusal' in ours ? [] : [`refused: ${theirs.refusal.replaceAll('\n', ' ')}`];
  if ('refusal' in ours) return [`starts, and ours is refused: ${ours.refusal}`];
  if (theirs.filters.length !== ours.filters.length) return [`${theirs.filters.length} filters`];
  return theirs.filters.flatMap((filter, index) => differences(ours.filters[index]!, filter));
}

describe.skipIf(!canRunEngines())('the filters of containers', () => {
  let host: EngineHost;
  let bundle: LoaderBundle;
  let agent: SeccompAgent;
  /** The containers whose calls the agent answered. */
  const answered = new Set<string>();
  const results = new Map<string, { theirs: Started; ours: Ours }>();
  const resultOf = (engine: Engine, profile: string) => results.get(`${engine.name} ${profile}`)!;

  beforeAll(async () => {
    host = new EngineHost();
    bundle = buildLoaderBundle(launchersHere()[0]!);
    const loader: typeof import('../../native-loader/index.js') = await import(bundle.loader);
    const socketPath = join(host.folder, 'agent.sock');
    agent = await loader.createSeccompAgent({
      socketPath,
      onContainer: ({ metadata, state }) => ({
        onNotification: () => {
          answered.add(`${metadata} ${state.id}`);
          return { kind: 'errno', errno: 'EXDEV' };
        },
      }),
    });
    for (const engine of ENGINES) await engine.setUp?.(host);
    const lane = async (engine: Engine) => {
      const own = { theirs: await startContainer(host, engine, {}), ours: compiled(engine, ownProfile(engine)) };
      results.set(`${engine.name} ${OWN}`, own);
      for (const profile of PROFILES) {
        results.set(`${engine.name} ${profile.name}`, await both(engine, profile, socketPath));
      }
    };
    await Promise.all(ENGINES.map(lane));
  }, 240_000);
  afterAll(async () => {
    await agent?.close();
    await host?.close();
    bundle?.remove();
  });

  async function both(engine: Engine, { name, text, addCapabilities = [] }: EngineProfile, socketPath: string) {
    const source = typeof text === 'string' ? text : text(socketPath);
    const ours = compiled(engine, source, addCapabilities);
    const path = join(host.folder, `${engine.name}-${NAMES.indexOf(name)}.profile`);
    writeFileSync(path, forEngine(engine, source, ours, addCapabilities));
    const first = typeof text === 'string' ? undefined : '/bin/busybox mkdir /x';
    return { theirs: await startContainer(host, engine, { profile: path, addCapabilities }, first), ours };
  }

  it.each(ENGINES.map(({ name }) => name))('%s: decide as scmp compile says, or as a row explains', (name) => {
    const engine = ENGINES.find((each) => each.name === name)!;
    for (const profile of NAMES) {
      const { theirs, ours } = resultOf(engine, profile);
      const row = EXPLAINED.find((each) => each.engines.includes(name) && each.profile === profile);
      const seen = outcome(theirs, ours);
      const unexplained = seen.filter((line) => !row?.seen.some((pattern) => pattern.test(line)));
      expect(unexplained, `${name}, ${profile}`).toEqual([]);
      expect(seen.length > 0, `${name}, ${profile}: the row explains nothing`).toBe(row !== undefined);
    }
  });

  it('are there: a container has the filter, and none has one more', () => {
    for (const engine of ENGINES) {
      for (const profile of NAMES) {
        const { theirs } = resultOf(engine, profile);
        const hasOwn = ownProfile(engine) !== undefined;
        if ('filters' in theirs) expect(theirs.filters.length).toBe(profile === OWN && !hasOwn ? 0 : 1);
      }
    }
  });

  it('bubblewrap installs the bytes that it is given', () => {
    const engine = ENGINES.find(({ takes }) => takes === 'program')!;
    for (const { name } of PROFILES) {
      const { theirs, ours } = resultOf(engine, name);
      expect('filters' in theirs && theirs.filters).toEqual('filters' in ours && ours.filters);
    }
  });

  it('give the capabilities that --cap has by their names', () => {
    for (const engine of ENGINES) {
      const { theirs } = resultOf(engine, OWN);
      if (engine.takes === 'program' || !('filters' in theirs)) continue;
      const given = CAPABILITIES.filter((_, bit) => (theirs.capabilities >> BigInt(bit)) & 1n);
      expect(new Set(given), engine.name).toEqual(parseCapabilities(engine.capabilities));
    }
  });

  it('the agent answers each container whose engine passes it on', () => {
    const engines = ENGINES.filter(({ name, takes }) => name !== 'docker' && takes !== 'program');
    expect([...answered].map((each) => each.replace(/ \S+$/, ''))).toEqual(engines.map(() => 'of the test'));
  });
});

/** The profile in the form that an engine takes. */
function forEngine(
  engine: Engine,
  source: string,
  ours: Ours,
  addCapabilities: readonly string[],
): string | Uint8Array {
  if (engine.takes === 'docker') return source;
  if (engine.takes === 'program') return 'filters' in ours ? ours.filters[0]! : '';
  const capabilities = [...engine.capabilities, ...addCapabilities];
  return writeProfile(readProfile(source), 'oci', { arch: 'x86_64', capabilities, kernel: KERNEL });
}
