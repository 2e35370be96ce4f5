import { formatAction, permits } from '../../src/action.js';
import { type ArchitectureName, parseArchitecture } from '../../src/architecture.js';
import { terminalAction } from '../../src/bpf/decisions/decision-diagram.js';
import type { DiagramStore, Node } from '../../src/bpf/decisions/diagram-store.js';
import { Level } from '../../src/bpf/decisions/input-variables.js';
import { stackDecisions } from '../../src/bpf/decisions/stack.js';
import { nodeOfCall } from '../../src/bpf/decisions/witness.js';
import { type Libseccomp, listSyscalls } from '../../src/libseccomp/index.js';
import { syscallSignature } from '../../src/syscalls/signature.js';
import type { Row } from './filters.js';

// The figures of docs/field/programs.md, from what all filters of a task decide together.

/** A number that no architecture has a call for; x32's has bit 30 set. */
const NO_CALL = 2000;

export function describeRow(row: Row, libseccomp: Libseccomp): string[] {
  const { store, root } = stackDecisions(row.filters.map(({ bytes }) => bytes));
  const calls = (name: ArchitectureName) => {
    const { auditArch } = parseArchitecture(name);
    return listSyscalls(libseccomp, parseArchitecture(name)).map((call) => ({
      ...call,
      node: nodeOfCall(store, root, { arch: auditArch, nr: call.number }),
    }));
  };
  const [native, x32, i386] = [calls('x86_64'), calls('x32'), calls('x86')];
  const usual = nodeOfCall(store, root, { arch: parseArchitecture('x86_64').auditArch, nr: NO_CALL });
  return [
    `\`${row.name}\``,
    `${row.package} ${row.version}`,
    String(row.filters.length),
    lengths(row),
    answer(store, usual),
    others(store, native, usual),
    foreign(store, native, x32),
    foreign(store, native, i386),
    argumentsOf(store, native),
  ];
}

type Call = { name: string; number: number; node: Node };

/** `54`, or `54+19+34` of several; equal ones are counted: `3×8`. */
function lengths({ filters }: Row): string {
  const counts: [length: number, times: number][] = [];
  for (const { bytes } of filters) {
    const last = counts.at(-1);
    if (last?.[0] === bytes.length / 8) last[1]++;
    else counts.push([bytes.length / 8, 1]);
  }
  return counts.map(([length, times]) => (times === 1 ? String(length) : `${times}×${length}`)).join(' + ');
}

const answer = (store: DiagramStore, node: Node): string =>
  store.isTerminal(node) ? formatAction(terminalAction(store, node)) : 'by arguments';

/** What the calls with a name get that do not get the default, the most frequent first. */
function others(store: DiagramStore, calls: readonly Call[], usual: Node): string {
  const counts = new Map<string, number>();
  for (const { node } of calls) {
    if (node === usual) continue;
    // Data of TRAP chooses a handler: there are as many as handlers.
    const key = answer(store, node).replace(/^TRAP\(.*/, 'TRAP with data');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const listed = [...counts].sort((a, b) => b[1] - a[1]).map(([key, count]) => `${key} ${count}`);
  return listed.length === 0 ? 'none' : listed.join(', ');
}

/** What the calls of another ABI get, beside those of the same names of x86_64. */
function foreign(store: DiagramStore, native: readonly Call[], calls: readonly Call[]): string {
  const [first] = calls;
  if (calls.every(({ node }) => node === first!.node)) return answer(store, first!.node);
  const byName = new Map(native.map(({ name, node }) => [name, node]));
  const shared = calls.filter(({ name }) => byName.has(name));
  const alike = shared.filter(({ name, node }) => byName.get(name) === node).length;
  if (alike === shared.length) return 'as x86_64';
  const open = calls.filter(({ node }) => permitsAlways(store, node)).length;
  return `other: ${open} of ${calls.length} open`;
}

const permitsAlways = (store: DiagramStore, node: Node): boolean =>
  [...store.terminalsOf(node)].every((terminal) => permits(terminalAction(store, terminal)));

/** `clone flags, ioctl request`: the arguments that an answer depends on. */
function argumentsOf(store: DiagramStore, calls: readonly Call[]): string {
  const listed = calls.flatMap(({ name, node }) => {
    const fields = [...fieldsOf(store, node)].sort();
    if (fields.length === 0) return [];
    const parameters = syscallSignature(name, 'x86_64') ?? [];
    return [`${name} ${fields.map((field) => nameOf(parameters[field]?.name, field)).join('+')}`];
  });
  if (listed.length === 0) return 'none';
  return listed.length > 12 ? `of ${listed.length} calls: ${listed.slice(0, 12).join(', ')}…` : listed.join(', ');
}

const nameOf = (parameter: string | undefined, field: number) =>
  field === 6 ? 'instruction pointer' : (parameter ?? `arg${field}`);

function fieldsOf(store: DiagramStore, root: Node): Set<number> {
  const fields = new Set<number>();
  const seen = new Set<Node>();
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (seen.has(node) || store.isTerminal(node)) continue;
    seen.add(node);
    fields.add((store.level(node) - Level.ARGUMENTS) >> 6);
    open.push(store.low(node), store.high(node));
  }
  return fields;
}
