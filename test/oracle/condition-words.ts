import type { ArchitectureName } from '../../src/architecture.js';
import { ALL_64_BITS, conditionDiagram, LOW_HALF } from '../../src/bpf/decisions/condition.js';
import { type DiagramStore, FALSE, type Node, TRUE } from '../../src/bpf/decisions/diagram-store.js';
import type { Field } from '../../src/bpf/decisions/input-variables.js';
import { constantExpression } from '../../src/syscalls/constants.js';
import { hasNarrowRegisters, syscallSignature } from '../../src/syscalls/signature.js';

/** What a call gets under a condition; without one, always, or `else`. */
export interface DecisionWords {
  action: string;
  when?: string;
}

/** `ERRNO(EPERM) when domain == AF_VSOCK, else ALLOW` */
export function parseDecisions(text: string): DecisionWords[] {
  return text.split(/, (?=else [A-Z]|[A-Z_]+(?:\([^)]*\))? when )/).map((part) => {
    const [, action, when] = /^(?:else )?([A-Z_]+(?:\([^)]*\))?)(?: when (.*))?$/.exec(part) ?? [];
    if (action === undefined) throw new Error(`no decision: ${part}`);
    return when === undefined ? { action } : { action, when };
  });
}

/** Where the words of a condition hold on the arguments of a call: read here as a person reads them, and not by the writer of them. */
export function readCondition(
  store: DiagramStore,
  words: string,
  syscall: string,
  arch: ArchitectureName,
  whole = hasNarrowRegisters(arch) ? LOW_HALF : ALL_64_BITS,
): Node {
  if (words === 'never') return FALSE;
  const comparison = (text: string) => readComparison(store, text, syscall, arch, whole);
  const alternatives = (all: readonly string[]): Node =>
    all.reduce((some: Node, each) => store.or(some, product(each)), FALSE);
  const product = (text: string): Node =>
    splitOutside(text, ' and ').reduce((all: Node, part) => store.and(all, factor(part)), TRUE);
  // What stands in parentheses as a whole is alternatives; `(type & 0xf) == 1` is not.
  const factor = (part: string): Node =>
    part.startsWith('(') && depthsOf(part).indexOf(0) === part.length - 1
      ? alternatives(splitOutside(part.slice(1, -1), ' or '))
      : comparison(part);
  return alternatives(splitOutside(words, ', or '));
}

/** How many parentheses and braces are open after each character. */
function depthsOf(text: string): number[] {
  let depth = 0;
  return [...text].map((character) => {
    depth += '({'.includes(character) ? 1 : ')}'.includes(character) ? -1 : 0;
    return depth;
  });
}

/** The parts between separators that stand outside parentheses and braces. */
function splitOutside(text: string, separator: string): string[] {
  const depths = depthsOf(text);
  const parts: string[] = [];
  let from = 0;
  for (let at = text.indexOf(separator); at !== -1; at = text.indexOf(separator, at + 1)) {
    if (depths[at] !== 0) continue;
    parts.push(text.slice(from, at));
    from = at + separator.length;
  }
  return [...parts, text.slice(from)];
}

const SUBJECT = '(\\((\\S+) & (.+?)\\)|[^\\s()]+)';
const COMPARISON = new RegExp(`^(?:(\\S+) <= )?${SUBJECT} (==|!=|<=|>=) (\\S+)$`);
const MEMBERSHIP = new RegExp(`^${SUBJECT} (not )?in \\{(.+)\\}$`);
const FITTING = /^(\S+) (fits|does not fit) 32 bits$/;

function readComparison(
  store: DiagramStore,
  text: string,
  syscall: string,
  arch: ArchitectureName,
  whole: bigint,
): Node {
  const subjectOf = (subject: string, masked: string | undefined, maskWords: string | undefined) => ({
    field: fieldOf(masked ?? subject, syscall, arch),
    mask: maskWords === undefined ? whole : readMask(maskWords, whole, arch),
  });
  const between = (of: { field: Field; mask: bigint }, from: bigint, to: bigint) =>
    conditionDiagram(store, { kind: 'between', ...of, from, to });

  const [, fitting, fits] = FITTING.exec(text) ?? [];
  if (fitting !== undefined) {
    const of = { field: fieldOf(fitting, syscall, arch), mask: ALL_64_BITS };
    const small = store.or(between(of, 0n, LOW_HALF), between(of, 0xffffffff80000000n, ALL_64_BITS));
    return fits === 'fits' ? small : store.not(small);
  }
  const [, member = '', maskedMember, memberMask, not, list] = MEMBERSHIP.exec(text) ?? [];
  if (list !== undefined) {
    const of = subjectOf(member, maskedMember, memberMask);
    const listed = list.split(', ').reduce((some: Node, each) => {
      const [from = '', to = from] = each.split('..');
      return store.or(some, between(of, readNumber(from, arch), readNumber(to, arch)));
    }, FALSE);
    return not ? store.not(listed) : listed;
  }
  const [, least, subject = '', masked, maskWords, operator, value = ''] = COMPARISON.exec(text) ?? [];
  if (operator === undefined) throw new Error(`no comparison: ${text}`);
  const of = subjectOf(subject, masked, maskWords);
  const number = readNumber(value, arch);
  if (least !== undefined) return between(of, readNumber(least, arch), number);
  switch (operator) {
    case '==':
      return conditionDiagram(store, { kind: 'equal', ...of, value: number });
    case '!=':
      return conditionDiagram(store, { kind: 'notEqual', ...of, value: number });
    case '<=':
      return between(of, 0n, number);
    default:
      return between(of, number, of.mask);
  }
}

/** `~(SOCK_NONBLOCK|SOCK_CLOEXEC)`, `~SOCK_CLOEXEC & 0xffffffff`, `CLONE_NEWUSER`, `(A|B)`, `0x3` */
function readMask(words: string, whole: bigint, arch: ArchitectureName): bigint {
  return words.split(' & ').reduce((mask, part) => {
    const [, not, flags = ''] = /^(~?)\(?([^()]+)\)?$/.exec(part) ?? [];
    const bits = readNumber(flags, arch);
    return mask & (not ? whole & ~bits : bits);
  }, whole);
}

function readNumber(words: string, arch: ArchitectureName): bigint {
  const value = constantExpression(words, arch);
  if (value === undefined) throw new Error(`no number: ${words}`);
  return value;
}

function fieldOf(name: string, syscall: string, arch: ArchitectureName): Field {
  if (name === 'instruction_pointer') return 6;
  const given = /^arg(\d)$/.exec(name)?.[1];
  const fields = (syscallSignature(syscall, arch) ?? []).flatMap((each, index) => (each.name === name ? [index] : []));
  const [field, ...others] = given !== undefined && fields.length === 0 ? [Number(given)] : fields;
  if (field === undefined || others.length > 0) throw new Error(`${syscall} on ${arch} has no one argument ${name}`);
  return field as Field;
}
