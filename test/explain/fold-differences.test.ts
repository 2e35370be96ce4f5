import { describe, expect, it } from 'vitest';
import { type ArchitectureName, parseArchitecture } from '../../src/architecture.js';
import { compareDecisions } from '../../src/bpf/index.js';
import { CompileError, compileProfileSync } from '../../src/compiler/index.js';
import { formatComparison } from '../../src/explain/format-comparison.js';
import { type NamedDifference, nameComparison } from '../../src/explain/name-comparison.js';
import { PLAIN } from '../../src/explain/paint.js';
import { listSyscalls, loadLibseccompSync } from '../../src/libseccomp/index.js';
import fc from '../fast-check.js';

// What `scmp diff` writes for several ABIs at once, read back: expanded, it says what it says of each ABI on its own.

const libseccomp = loadLibseccompSync();
const ARCHITECTURES = ['x86_64', 'x32', 'x86'] as const satisfies readonly ArchitectureName[];
const NO_NAME = 'numbers without a name';

const names = new Map(
  ARCHITECTURES.map((name) => [
    name as string,
    new Set(listSyscalls(libseccomp, parseArchitecture(name)).map((call) => call.name)),
  ]),
);

/** By call: what changes, sorted. */
type Changes = Map<string, string[]>;

const textOf = (differences: readonly NamedDifference[]) =>
  formatComparison(differences, { first: 'x86_64', width: 1e6, paint: PLAIN, libseccomp });

const LINE = /^ {2}(weaker|stronger|other) +(.*?)(?: when (.*))?: (\S+ → \S+)$/;
const REST = /^(.*?)(?:(?:^| and )(every number without a name|every call|the nameless .*))?$/;

function addLine(changes: Changes, line: string): void {
  const [, direction, subject, when, change] = LINE.exec(line)!;
  const [, listed, rest] = REST.exec(subject!)!;
  const add = (call: string, what = '') =>
    changes.set(call, [...(changes.get(call) ?? []), `${direction} ${change} ${when ?? ''} ${what}`].sort());
  for (const call of listed!.split(', ').filter(Boolean)) add(call);
  if (rest !== undefined) add(NO_NAME, rest);
}

const unmasked = (change: string) => change.replace(/ & 0xffffffff\)/g, ')').replace(/\((\w+)\)/g, '$1');

/** What a text says of each ABI. `lowHalves`: the calls of which it says that the conditions have a mask more. */
function expand(text: string): Map<string, { changes: Changes; lowHalves: Set<string> }> {
  const found = new Map<string, { changes: Changes; lowHalves: Set<string> }>();
  let own: Changes[] = [];
  let here: { changes: Changes; lowHalves: Set<string> } | undefined;
  for (const line of text.split('\n').filter(Boolean)) {
    const as = /^on (\w+): as on (\w+)/.exec(line);
    const lacking = /^on (\w+): calls that \w+ lacks$/.exec(line);
    const full = /^on (.*):$/.exec(line);
    if (as) {
      const [, place, other] = as as unknown as [string, string, string];
      const shared = [...found.get(other)!.changes].filter(([call]) => call === NO_NAME || names.get(place)!.has(call));
      here = { changes: new Map(shared), lowHalves: new Set() };
      found.set(place, here);
      own = [];
    } else if (lacking) {
      here = found.get(lacking[1]!)!;
    } else if (full) {
      here = undefined;
      own = full[1]!.split(/, | and /).map((place) => {
        const changes: Changes = new Map();
        found.set(place, { changes, lowHalves: new Set() });
        return changes;
      });
    } else if (line.startsWith(' '.repeat(12))) {
      const listed = /^ *(not so|by the low 32 bits of the arguments alone): (.*)$/.exec(line);
      if (!listed || !here) continue; // a note on the kernel
      for (const call of listed[2]!.split(', ')) {
        if (listed[1] === 'not so') here.changes.delete(call);
        else here.lowHalves.add(call);
      }
    } else if (here) {
      const changes: Changes = new Map();
      addLine(changes, line);
      for (const [call, more] of changes) {
        const before = replaced.get(here)?.has(call) ? (here.changes.get(call) ?? []) : [];
        here.changes.set(call, [...before, ...more].sort());
        replaced.set(here, (replaced.get(here) ?? new Set()).add(call));
      }
    } else for (const changes of own) addLine(changes, line);
  }
  for (const [place, { changes }] of found) {
    for (const call of changes.keys())
      if (call !== NO_NAME && names.get(place) && !names.get(place)!.has(call)) changes.delete(call);
  }
  return found;
}
/** The calls of an ABI whose lines have taken the place of those of another one. */
const replaced = new WeakMap<object, Set<string>>();

const CALLS = [
  'read',
  'socket',
  'socketcall',
  'clone3',
  'time',
  'waitpid',
  'ioctl',
  'mmap',
  'mmap2',
  'arch_prctl',
  'recv',
];
const rule = fc.record({
  names: fc.uniqueArray(fc.constantFrom(...CALLS), { minLength: 1, maxLength: 4 }),
  action: fc.constantFrom('SCMP_ACT_ALLOW', 'SCMP_ACT_LOG', 'SCMP_ACT_KILL_PROCESS'),
  args: fc.option(
    fc
      .record({
        index: fc.constantFrom(0, 1),
        value: fc.constantFrom(1, 40, 0x5401),
        op: fc.constantFrom('SCMP_CMP_EQ', 'SCMP_CMP_NE', 'SCMP_CMP_GE'),
      })
      .map((arg) => [arg]),
    { nil: undefined },
  ),
  // As Docker's profiles have entries for some machines.
  includes: fc.option(
    fc.constantFrom('amd64', 'x32', 'x86').map((arch) => ({ arches: [arch] })),
    { nil: undefined },
  ),
});
const profile = fc.record({
  defaultAction: fc.constantFrom('SCMP_ACT_ERRNO', 'SCMP_ACT_ALLOW'),
  architectures: fc.subarray(['SCMP_ARCH_X32', 'SCMP_ARCH_X86']).map((more) => ['SCMP_ARCH_X86_64', ...more]),
  syscalls: fc.array(rule, { maxLength: 3 }),
});

/** Undefined where libseccomp refuses the entries, as of one call with two actions, or gets them wrong. */
function compiled(profile: object): Uint8Array | undefined {
  try {
    return compileProfileSync(profile, { arch: 'x86_64', libseccomp }).program;
  } catch (error) {
    if (error instanceof CompileError && ['RULE_REFUSED', 'MISCOMPILED'].includes(error.code)) return undefined;
    throw error;
  }
}

describe('differences of several ABIs in one text', () => {
  it('are, expanded, those of each ABI (property)', () => {
    let folds = 0;
    fc.assert(
      fc.property(profile, profile, (one, other) => {
        const [a, b] = [one, other].map(compiled);
        fc.pre(a !== undefined && b !== undefined);
        const differences = nameComparison(compareDecisions(a, b), libseccomp);
        const together = textOf(differences);
        if (/: as on |^on \w+(?:,| and)/m.test(together)) folds++;
        const expanded = expand(together);
        const places = new Set([...ARCHITECTURES, ...differences.map(({ architecture }) => architecture)]);
        for (const place of places) {
          if (place === undefined) continue;
          const alone = expand(textOf(differences.filter(({ architecture }) => architecture === place)));
          const expected = alone.get(place)?.changes ?? new Map<string, string[]>();
          const { changes, lowHalves } = expanded.get(place) ?? {
            changes: new Map<string, string[]>(),
            lowHalves: new Set<string>(),
          };
          const comparable = (all: Changes) =>
            [...all]
              .map(([call, each]) => [call, lowHalves.has(call) ? each.map(unmasked) : each] as const)
              .sort(([x], [y]) => (x < y ? -1 : 1));
          expect([place, comparable(changes)]).toEqual([place, comparable(expected)]);
        }
      }),
      { numRuns: 60 },
    );
    expect(folds).toBeGreaterThan(5);
  });
});
