// How long it takes to put the conditions of a filter into words, and how long these are. The filter compares
// arguments as those of browsers and daemons do (chromium's sandbox/linux/bpf_dsl, chrony's sys_linux.c).
import { assemble } from '../src/bpf/assembly/assemble.js';
import { buildDecisionDiagram } from '../src/bpf/decisions/decision-diagram.js';
import { formatConditions } from '../src/bpf/decisions/format-conditions.js';
import { policyTable } from '../src/bpf/decisions/policy-table.js';
import type { Figure } from './figure.js';
import { median } from './quantile.js';

const CALLS = 48;
const RUNS = 15;
const MOST_CHARACTERS = 200;
const MOST_TIMES = 10;

/** An `int` that is none of some values; a list of requests; flags beside a type; pairs of a level and an option. */
const KINDS: readonly ((call: number) => string[])[] = [
  (call) => [
    'A = args[0].high',
    `if (A == 0) goto low${call}`,
    'if (A != 0xffffffff) goto trap',
    'A = args[0].low',
    `if (A & 0x80000000) goto test${call}`,
    'goto trap',
    `low${call}: A = args[0].low`,
    `test${call}: if (A == 4) goto allow`,
    ...[15, 22, 24, 38, 55].map((option) => `if (A == ${option + call}) goto allow`),
    'return ERRNO(EPERM)',
  ],
  (call) => [
    'A = args[1].high',
    'if (A != 0) goto trap',
    'A = args[1].low',
    ...Array.from({ length: 12 }, (_, at) => `if (A == ${0x5401 + call + 977 * at}) goto allow`),
    'goto trap',
  ],
  () => [
    'A = args[1].high',
    'if (A != 0) goto trap',
    'A = args[1].low',
    'A &= 0xfff7f7ff',
    'if (A == 1) goto allow',
    'if (A == 2) goto allow',
    'goto trap',
  ],
  (call) => [
    'A = args[1].low',
    `if (A == ${call}) goto first${call}`,
    `if (A == 41) goto second${call}`,
    'goto trap',
    `first${call}: A = args[2].low`,
    ...[2, 6, 15, 25, 29].map((option) => `if (A == ${option}) goto allow`),
    'goto trap',
    `second${call}: A = args[2].low`,
    ...[26, 49].map((option) => `if (A == ${option}) goto allow`),
    'goto trap',
  ],
];

/** A call after the other, each with its own ends, as far as a conditional jump can go. */
function filter() {
  const bodies = Array.from({ length: CALLS }, (_, call) => [
    `call${call}: A = nr`,
    `if (A != ${call}) goto call${call + 1}`,
    ...KINDS[call % KINDS.length]!(call).map((line) => line.replace(/goto (allow|trap)$/, `goto $1${call}`)),
    `allow${call}: return ALLOW`,
    `trap${call}: return TRAP`,
  ]);
  const start = ['.arch x86_64', 'A = arch', 'if (A == x86_64) goto call0', 'return KILL_PROCESS'];
  return assemble([...start, ...bodies.flat(), `call${CALLS}: return ALLOW`].join('\n'));
}

function milliseconds(run: () => void): number {
  const begin = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - begin) / 1e6;
}

export function conditionFigures(): Figure[] {
  const program = filter();
  const times = Array.from({ length: RUNS }, () => ({
    diagram: milliseconds(() => buildDecisionDiagram(program)),
    table: milliseconds(() => policyTable(program)),
  }));
  const ratio = median(times.map(({ diagram, table }) => table / diagram));
  const decisions = policyTable(program).architectures[0]!.ranges.flatMap((range) => range.decisions);
  const lengths = decisions.map(({ when }) => (when ? formatConditions(when).length : Number.POSITIVE_INFINITY));
  const longest = Math.max(...lengths);
  const what = `conditions of ${CALLS} calls in words (${program.instructions.length} instructions)`;
  return [
    {
      what: `${what}: time of the table, over that of the diagram`,
      value: `${ratio.toFixed(1)} times (${median(times.map(({ table }) => table)).toFixed(1)} ms)`,
      bar: `at most ${MOST_TIMES} times`,
      holds: ratio <= MOST_TIMES,
    },
    {
      what: `${what}: the longest`,
      value: `${longest} characters`,
      bar: `at most ${MOST_CHARACTERS}`,
      holds: longest <= MOST_CHARACTERS,
    },
  ];
}
