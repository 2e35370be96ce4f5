import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ARCHITECTURES, type Architecture, type ArchitectureName, parseArchitecture } from '../../src/architecture.js';
import { createSimulator, type Simulator } from '../../src/bpf/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import fc, { FUZZ_SEED } from '../fast-check.js';
import { askUpstreamSimulator, type SimulatorQuery, upstreamName } from './bpf-sim.js';
import { ALLOW, type LiveInput, type Machine, type Port } from './port.js';
import { parseTable, type SimulatedCall, simulatedCalls, type TableEntry } from './regression-table.js';
import { hasUpstream, readUpstream, runUpstream, upstreamArchitecture, upstreamTestNames } from './source.js';

const NATIVE = upstreamArchitecture();

/** Where a live test's program has its rules about a file; upstream's programs open no other before it. */
const LIVE: LiveInput = { action: ALLOW, fd: 3 };

const PORTS = new URL('./ports/', import.meta.url);
const portFiles = readdirSync(PORTS).filter((file) => file.endsWith('.ts'));
const portFile = (name: string) => `${name.replaceAll('_', '-')}.ts`;

interface UpstreamTest {
  name: string;
  port: Port;
  source: string;
  table: TableEntry[];
}

const tests: UpstreamTest[] = [];
for (const name of upstreamTestNames()) {
  if (!portFiles.includes(portFile(name))) continue;
  tests.push({
    name,
    port: await import(new URL(portFile(name), PORTS).href),
    source: readUpstream(`${name}.c`),
    table: parseTable(readUpstream(`${name}.tests`)),
  });
}

/**
 * Tables that say what cannot be: that x32 allows system calls without x32's bit in their number, which every filter for
 * x32 answers with its bad-architecture action. Other tables of that kind leave x32 out.
 */
const UNTRUE_ON: Record<string, readonly ArchitectureName[]> = {
  '60-sim-precompute': ['x32'],
  '61-sim-transactions': ['x32'],
};

/** A machine with a libseccomp of its own: some tests lower its API level. */
const machine = (architecture: Architecture): Machine => ({ libseccomp: loadLibseccompSync(), architecture });

const isRow = (entry: TableEntry) => entry.type === 'bpf-sim';
const printsProgram = ({ source }: UpstreamTest) => source.includes('util_filter_output');

/** The calls of all `bpf-sim` rows of a table, on a machine of an architecture, with what the table says of each. */
function rows({ table }: UpstreamTest, { libseccomp, architecture: native }: Machine) {
  const resolve = (name: string, architecture: Architecture): number => {
    const number = libseccomp.resolveSyscallNameRewrite(name, architecture);
    if (number === undefined) throw new Error(`no system call ${name}`);
    return number;
  };
  return table
    .filter(isRow)
    .flatMap((row) => [...simulatedCalls(row, native, resolve)].map((call) => ({ call, result: row.result })));
}

const word = fc.integer({ min: 1, max: 64 }).chain((bits) => fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n }));

/** Inputs for the `bpf-sim-fuzz` entries of a table: as many as it says, of one to sixteen hexadecimal digits. */
function fuzzCalls({ table, name }: UpstreamTest): SimulatedCall[] {
  const count = table.reduce((sum, entry) => sum + (entry.type === 'bpf-sim-fuzz' ? entry.count : 0), 0);
  const seed = FUZZ_SEED + Number.parseInt(name, 10);
  return fc
    .sample(fc.tuple(word, fc.tuple(word, word, word, word, word, word)), { numRuns: count, seed })
    .map(([nr, args]) => ({ architecture: NATIVE, nr: Number(BigInt.asIntN(32, nr)), args }));
}

function decide(simulator: Simulator, { architecture, nr, args }: SimulatedCall): string {
  const { action } = simulator.simulate({ nr, arch: architecture.auditArch, instructionPointer: 0n, args });
  return upstreamName(action);
}

const show = ({ architecture, nr, args }: SimulatedCall) => `${architecture.name} ${nr}(${args.join(', ')})`;

describe('upstream’s tests', () => {
  const names = upstreamTestNames();

  it('are the 62 of the pinned source', () => {
    expect(names).toHaveLength(62);
  });

  it('have a port each, and no port stands for nothing', () => {
    const helpers = portFiles.filter((file) => !/^\d\d-/.test(file));
    expect(helpers).toEqual([]);
    expect(portFiles).toEqual(names.map(portFile));
  });

  it('have a port that does what their table wants', () => {
    for (const { name, port, table } of tests) {
      const types = new Set(table.map(({ type }) => type));
      // bpf-valgrind looks for memory errors of the native program. Ours runs in the module's own memory: there is
      // nothing for valgrind to see, and what the port is compared with has been made by the same, patched source.
      types.delete('bpf-valgrind');
      expect(types.size, name).toBeGreaterThan(0);
      const needsFilter = [...types].some((type) => type !== 'basic');
      expect(port.build !== undefined || port.check !== undefined, name).toBe(true);
      if (needsFilter) expect(port.build, name).toBeTypeOf('function');
    }
  });
});

describe('the program', () => {
  describe.each(tests.filter((test) => test.port.build && printsProgram(test)))('of $name', ({ name, port }) => {
    it('is byte for byte what upstream’s C program prints', () => {
      using context = port.build!(machine(NATIVE), LIVE);
      expect(Buffer.from(context.exportBpf()).toString('hex')).toBe(runUpstream(name, '-b').toString('hex'));
    });

    it('is the same text as pseudo filter code', () => {
      using context = port.build!(machine(NATIVE), LIVE);
      expect(context.exportPfc()).toBe(runUpstream(name).toString());
    });
  });
});

describe('the pseudo filter code', () => {
  const withText = tests.filter(({ name }) => hasUpstream(`${name}.pfc`));

  it('is what two tests are about', () => {
    expect(withText.map(({ name }) => name)).toEqual(['38-basic-pfc_coverage', '55-basic-pfc_binary_tree']);
  });

  it.each(withText)('of $name is what upstream expects and prints', ({ name, port }) => {
    using context = port.build!(machine(NATIVE), LIVE);
    const text = context.exportPfc();
    expect(text).toBe(readUpstream(`${name}.pfc`));
    expect(text).toBe(runUpstream(name).toString());
  });
});

describe('the assertions', () => {
  // one of each: upstream's own, 32 bits, big-endian
  const MACHINES = ['x86_64', 'x86', 's390x'];
  const checks = tests.filter(({ port }) => port.check);

  it.each(checks)('of $name hold', ({ port }) => {
    for (const name of MACHINES) port.check!(machine(parseArchitecture(name)));
  });
});

describe(`the table (fuzz seed ${FUZZ_SEED})`, () => {
  const withRows = tests.filter(({ table }) => table.some(isRow));
  const directory = mkdtempSync(join(tmpdir(), 'upstream-suite-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  /** Upstream's program of each test, and the answers of upstream's simulator to its rows, then to its fuzz inputs. */
  const upstream = new Map<string, { program: Buffer; answers: string[] }>();
  beforeAll(async () => {
    const queries: SimulatorQuery[] = [];
    const counts = withRows.map((test) => {
      const file = join(directory, test.name);
      const program = runUpstream(test.name, '-b');
      writeFileSync(file, program);
      const calls = [...rows(test, machine(NATIVE)).map(({ call }) => call), ...fuzzCalls(test)];
      for (const call of calls) queries.push({ ...call, program: file });
      return { name: test.name, program, count: calls.length };
    });
    const answers = await askUpstreamSimulator(queries);
    for (const { name, program, count } of counts) upstream.set(name, { program, answers: answers.splice(0, count) });
  });

  describe.each(withRows)('of $name', (test) => {
    it('holds, and our simulator answers as upstream’s does', () => {
      const { program, answers } = upstream.get(test.name)!;
      using context = test.port.build!(machine(NATIVE), LIVE);
      const expected = rows(test, machine(NATIVE));
      const fuzzed = fuzzCalls(test);
      expect(answers).toHaveLength(expected.length + fuzzed.length);

      const onTheirs = simulators(program);
      const onOurs = simulators(context.exportBpf());
      const wrong: string[] = [];
      [...expected, ...fuzzed.map((call) => ({ call, result: undefined }))].forEach(({ call, result }, index) => {
        const theirs = answers[index]!;
        const decisions = { theirs, same: decide(onTheirs(call), call), ours: decide(onOurs(call), call) };
        for (const [by, decision] of Object.entries(decisions)) {
          if (decision !== (result ?? theirs))
            wrong.push(`${show(call)}: ${decision} (${by}), not ${result ?? theirs}`);
        }
      });
      expect(wrong).toEqual([]);
    });

    it('holds on machines of every other architecture', () => {
      const wrong: string[] = [];
      const { libseccomp } = machine(NATIVE);
      for (const native of ARCHITECTURES) {
        if (native === NATIVE || UNTRUE_ON[test.name]?.includes(native.name)) continue;
        const host = { libseccomp, architecture: native };
        const expected = rows(test, host);
        // The test is about other machines, and its filter need not exist on this one.
        if (expected.length === 0) continue;
        using context = test.port.build!(host, LIVE);
        const simulator = simulators(context.exportBpf());
        for (const { call, result } of expected) {
          const decision = decide(simulator(call), call);
          if (decision !== result) wrong.push(`on ${native.name}: ${show(call)}: ${decision}, not ${result}`);
        }
      }
      expect(wrong).toEqual([]);
    });
  });
});

/** A program's simulator for a call: the byte order is the call's architecture's. */
function simulators(program: Uint8Array): (call: SimulatedCall) => Simulator {
  const byOrder = new Map<string, Simulator>();
  return ({ architecture: { endianness } }) => {
    const simulator = byOrder.get(endianness) ?? createSimulator(program, { endianness });
    byOrder.set(endianness, simulator);
    return simulator;
  };
}
