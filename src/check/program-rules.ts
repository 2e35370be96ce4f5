import { decodeReturnValue, formatAction, permits } from '../action.js';
import { X32 } from '../architecture.js';
import { terminalAction } from '../bpf/decisions/decision-diagram.js';
import { FALSE, type Node, TRUE } from '../bpf/decisions/diagram-store.js';
import { type KnownBits, withKnownBits } from '../bpf/decisions/known-bits.js';
import { analyzeFlow } from '../bpf/program/dataflow.js';
import { type Instruction, Opcode } from '../bpf/program/instruction.js';
import type { ProgramPolicy } from '../decompile/program-policy.js';
import { list } from '../phrases.js';
import { syscallSignature } from '../syscalls/signature.js';
import type { Severity } from './finding.js';
import type { RuleFinding } from './rule.js';
import {
  CLONE_NEWNS,
  IO_URING_OPERATIONS,
  mountNamespaceWords,
  openMountNamespaces,
  SIBLING_GROUPS,
} from './rules/sibling-calls.js';

/** A program that is checked. */
export interface CheckedProgram {
  readonly instructions: readonly Instruction[];
  readonly policy: ProgramPolicy;
  /** How many instructions a program of the same decisions needs, as far as one is known. */
  readonly shortest: number | undefined;
}

/** One kind of finding about programs; as a `CheckRule` is about profiles, with the same ids for the same things. */
export interface ProgramRule {
  id: string;
  severity: Severity;
  /** What it finds, in a line. */
  summary: string;
  /** @internal */
  check(program: CheckedProgram): Iterable<RuleFinding>;
}

const whole = { path: '' };
const at = (index: number) => ({ path: `instructions[${index}]` });

/** Whether a call runs: for all arguments, for some or for none; undefined where no architecture has it. */
function permitted({ policy }: CheckedProgram, name: string): 'always' | 'sometimes' | 'never' | undefined {
  const nodes = nodesOf(policy, name);
  if (nodes.length === 0) return undefined;
  const actions = nodes.flatMap((node) => [...policy.store.terminalsOf(node)].map((each) => permitsAt(policy, each)));
  return actions.every(Boolean) ? 'always' : actions.some(Boolean) ? 'sometimes' : 'never';
}

const permitsAt = ({ store }: ProgramPolicy, terminal: Node) => permits(terminalAction(store, terminal));

function nodesOf(policy: ProgramPolicy, name: string): Node[] {
  return policy.architectures.flatMap((architecture) => {
    const calls = policy.callsOf(architecture);
    // x32 is seen with x86_64, and may be denied as a whole.
    const isWhole = architecture !== policy.architectures[0] && calls.every(({ node }) => node === calls[0]?.node);
    return isWhole ? [] : calls.flatMap((call) => (call.name === name ? [call.node] : []));
  });
}

/** Whether a call runs with a flag in an argument, beside whatever else. */
function runsWith({ policy }: CheckedProgram, name: string, index: number, flag: bigint): boolean {
  const bits = { mask: flag, value: flag };
  return nodesOf(policy, name).some((node) => knownAt(policy, runsOf(policy, node), index, bits) !== FALSE);
}

/** The calls that run. */
const runsOf = (policy: ProgramPolicy, node: Node): Node =>
  policy.store.map(node, (terminal) => (permitsAt(policy, terminal) ? TRUE : FALSE));

/** What a function is where bits of one argument are known. */
const knownAt = ({ store }: ProgramPolicy, node: Node, index: number, bits: KnownBits): Node =>
  withKnownBits(
    store,
    node,
    Array.from({ length: index + 1 }, (_, each) => (each === index ? bits : undefined)),
  );

/** Whether the program singles a call out to deny it, or to deny it for some arguments. */
function isRestricted(program: CheckedProgram, name: string, when: 'denied' | undefined): boolean {
  const { policy } = program;
  if (nodesOf(policy, name).every((node) => node === policy.defaultNode)) return false;
  const verdict = permitted(program, name);
  return when === 'denied' ? verdict === 'never' : verdict !== 'always';
}

const architectureUntested: ProgramRule = {
  id: 'architecture-untested',
  severity: 'error',
  summary: 'A program that never looks at the architecture: the same number is another call on another ABI.',
  *check({ policy }) {
    if (policy.looksAtArchitecture) return;
    // One answer for every call needs no architecture.
    if (policy.architectures.every((each) => policy.callsOf(each).every(({ node }) => node === policy.defaultNode)))
      return;
    yield {
      place: whole,
      message: 'it decides by the number alone, and a number is another call on another ABI of the machine',
      advice: 'compare arch first, and deny what is not the architecture that the numbers are of',
    };
  },
};

const otherArchitecturesOpen: ProgramRule = {
  id: 'other-architectures-open',
  severity: 'warning',
  summary: 'Calls of other architectures are allowed, whatever they are.',
  *check({ policy }) {
    if (!policy.looksAtArchitecture) return;
    if (![...policy.store.terminalsOf(policy.elsewhere)].some((node) => permitsAt(policy, node))) return;
    yield {
      place: whole,
      message: `calls of other architectures than ${list(policy.architectures.map(({ name }) => name))} are allowed: a program makes them by another ABI`,
      advice: 'deny them, or install a filter for each ABI beside this one, as systemd does',
    };
  },
};

const x32Open: ProgramRule = {
  id: 'x32-open',
  severity: 'warning',
  summary: 'Calls that are denied or restricted on x86_64 and open by their numbers of x32.',
  *check({ policy }) {
    const x86 = policy.architectures.find(({ name }) => name === 'x86_64');
    if (!x86) return;
    const byName = new Map(policy.callsOf(X32).map(({ name, node }) => [name, node]));
    const open = policy.callsOf(x86).filter(({ name, node }) => {
      const other = byName.get(name);
      const runs = (each: Node) => [...policy.store.terminalsOf(each)].every((terminal) => permitsAt(policy, terminal));
      return other !== undefined && !runs(node) && runs(other);
    });
    if (open.length === 0) return;
    yield {
      place: whole,
      message: `${list(open.map(({ name }) => name))} ${open.length === 1 ? 'is' : 'are'} restricted, and open by the number of x32, which has bit 30 set`,
      advice: 'deny numbers from 0x40000000 on, unless programs of x32 have to run',
    };
  },
};

const siblingOpen: ProgramRule = {
  id: 'sibling-open',
  severity: 'warning',
  summary: 'A call that is denied or restricted, while another that does the same is open.',
  *check(program) {
    for (const { guarded, ways, needs = [], reason, when, severity } of SIBLING_GROUPS) {
      if (needs.some((name) => permitted(program, name) !== 'always')) continue;
      const restricted = guarded.filter((name) => isRestricted(program, name, when));
      const open = ways.filter((name) => !restricted.includes(name) && permitted(program, name) === 'always');
      if (restricted.length === 0 || open.length === 0) continue;
      yield {
        place: whole,
        severity,
        message: `${list(restricted)} ${restricted.length === 1 ? 'is' : 'are'} restricted and ${list(open)} ${open.length === 1 ? 'is' : 'are'} not, but ${reason}`,
        advice: open.includes('clone3')
          ? `deny ${list(open)} too; clone3 with ENOSYS, so that a C library falls back to clone`
          : `restrict ${list(open)} too, or neither`,
      };
    }
  },
};

const mountNamespaceOpen: ProgramRule = {
  id: 'mount-namespace-open',
  severity: 'advice',
  summary: 'A new mount namespace kept from unshare, while open_tree, open_tree_attr or fsmount makes one.',
  *check(program) {
    if (!isRestricted(program, 'unshare', undefined) || runsWith(program, 'unshare', 0, CLONE_NEWNS)) return;
    const open = openMountNamespaces(
      (name, index, flag) => runsWith(program, name, index, flag),
      (name) => permitted(program, name) !== 'never',
    );
    if (open.length > 0) yield { place: whole, ...mountNamespaceWords(open) };
  },
};

const ioUringOpen: ProgramRule = {
  id: 'io-uring-open',
  severity: 'warning',
  summary: 'Calls that are denied or restricted, while io_uring does the same without making them.',
  *check(program) {
    if (permitted(program, 'io_uring_setup') !== 'always') return;
    const isDenyList = permits(program.policy.defaultAction);
    const core = ['socket', 'connect', 'openat', 'unlinkat', 'renameat2'];
    const kept = IO_URING_OPERATIONS.filter(
      (name) =>
        isRestricted(program, name, undefined) ||
        (!isDenyList && core.includes(name) && permitted(program, name) === 'never'),
    );
    if (kept.length === 0) return;
    yield {
      place: whole,
      message: `io_uring is open and does ${list(kept)} without the system call that the filter would see`,
      advice: 'deny io_uring_setup, io_uring_enter and io_uring_register, with ENOSYS or EPERM',
    };
  },
};

const HIGH_HALF = { mask: 0xffffffff00000000n, value: 0n };

/** Whether a call that is denied with zeros above the bits that the kernel reads runs with others there. */
function isBypassed(policy: ProgramPolicy, node: Node, index: number): boolean {
  const runs = runsOf(policy, node);
  return policy.store.without(runs, knownAt(policy, runs, index, HIGH_HALF)) !== FALSE;
}

const wideComparison: ProgramRule = {
  id: 'wide-comparison',
  severity: 'error',
  summary: 'An argument of 32 bits compared in 64: bits that the kernel does not look at get a call past the filter.',
  *check({ policy }) {
    const found = new Map<string, { name: string; parameter: string; bits: number }>();
    for (const architecture of policy.architectures.filter(({ wordSize }) => wordSize === 64)) {
      for (const { name, node } of policy.callsOf(architecture)) {
        if (policy.store.isTerminal(node)) continue;
        for (const [index, parameter] of (syscallSignature(name, architecture.name) ?? []).entries()) {
          if (parameter.pointer || parameter.bits > 32 || !isBypassed(policy, node, index)) continue;
          found.set(`${name} ${index}`, { name, parameter: parameter.name, bits: parameter.bits });
        }
      }
    }
    for (const { name, parameter, bits } of found.values()) {
      yield {
        place: whole,
        message: `the kernel reads ${bits} bits of ${name}'s ${parameter} and this compares 64: a call with a bit above them set gets past it`,
        advice: 'compare the low half of the argument alone',
      };
    }
  },
};

const unreachableCode: ProgramRule = {
  id: 'unreachable-code',
  severity: 'warning',
  summary: 'Instructions that no call reaches.',
  *check({ instructions }) {
    const dead = analyzeFlow(instructions).flatMap((state, index) => (state === undefined ? [index] : []));
    const [first] = dead;
    if (first === undefined) return;
    const isReturn = ({ code, k }: Instruction, index: number) => code === Opcode.RET_K && !dead.includes(index) && k;
    const returned = new Set(instructions.map(isReturn));
    // libseccomp leaves such returns behind its lists.
    const isRepeated = dead.every((index) => {
      const { code, k } = instructions[index] as Instruction;
      return code === Opcode.RET_K && returned.has(k);
    });
    yield {
      place: at(first),
      severity: isRepeated ? 'advice' : undefined,
      message: `no call reaches ${dead.length === 1 ? `instruction ${first}` : `${dead.length} instructions: ${list(dead.map(String))}`}`,
      advice:
        'if they were meant to decide something, correct the jumps before them; scmp compile --optimize min leaves them out',
    };
  },
};

const returnValueMapped: ProgramRule = {
  id: 'return-value-mapped',
  severity: 'error',
  summary: 'A return value that the kernel takes for another: an action it does not know, or an errno past 4095.',
  *check({ instructions }) {
    const states = analyzeFlow(instructions);
    for (const [index, { code, k }] of instructions.entries()) {
      if (code !== Opcode.RET_K || states[index] === undefined) continue;
      const decoded = decodeReturnValue(k);
      const value = `0x${k.toString(16).padStart(8, '0')}`;
      if (decoded.kind === 'UNKNOWN') {
        yield {
          place: at(index),
          message: `${value} is no action that the kernel knows: it ends the process (KILL_PROCESS)`,
          advice: 'return the action that is meant',
        };
      } else if (decoded.kind === 'ERRNO' && (k & 0xffff) !== decoded.data) {
        yield {
          place: at(index),
          message: `errno ${k & 0xffff} is more than there are: the kernel answers ${formatAction(decoded)}`,
          advice: 'return the errno that is meant, 4095 at most',
        };
      }
    }
  },
};

/** Less is not worth another program. */
const WORTH = 0.9;

const longerThanNeeded: ProgramRule = {
  id: 'longer-than-needed',
  severity: 'advice',
  summary: 'A program that is a tenth longer, or more, than one that decides the same.',
  *check({ instructions, shortest }) {
    if (shortest === undefined || shortest > WORTH * instructions.length) return;
    yield {
      place: whole,
      message: `it has ${instructions.length} instructions, and ${shortest} decide the same`,
      advice: 'scmp compile --optimize min makes the shorter one, and proves it equal',
    };
  },
};

/** Every rule about programs, in the order of docs/programs.md. */
export const PROGRAM_CHECK_RULES: readonly ProgramRule[] = [
  architectureUntested,
  otherArchitecturesOpen,
  x32Open,
  siblingOpen,
  mountNamespaceOpen,
  ioUringOpen,
  wideComparison,
  unreachableCode,
  returnValueMapped,
  longerThanNeeded,
];
