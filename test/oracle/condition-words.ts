import type { ArchitectureName } from '../../src/architecture.js';
import { ALL_64_BITS, type Condition, conditionDiagram, LOW_HALF } from '../../src/bpf/decisions/condition.js';
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
  return words.split(', or ').reduce((some: Node, term) => {
    const each = term.split(' and ').map((part) => conditionDiagram(store, readComparison(part, syscall, arch, whole)));
    const all = each.reduce((node: Node, next) => store.and(node, next), TRUE);
    return store.or(some, all);
  }, FALSE);
}

const SUBJECT = '(\\((\\S+) & (.+?)\\)|[^\\s()]+)';
const COMPARISON = new RegExp(`^(?:(\\S+) <= )?${SUBJECT} (==|!=|<=|>=) (\\S+)$`);

function readComparison(text: string, syscall: string, arch: ArchitectureName, whole: bigint): Condition {
  const [, least, subject = '', masked, maskWords, operator, value = ''] = COMPARISON.exec(text) ?? [];
  if (operator === undefined) throw new Error(`no comparison: ${text}`);
  const mask = maskWords === undefined ? whole : readMask(maskWords, whole, arch);
  const field = fieldOf(masked ?? subject, syscall, arch);
  const number = readNumber(value, arch);
  if (least !== undefined) return { kind: 'between', field, mask, from: readNumber(least, arch), to: number };
  switch (operator) {
    case '==':
      return { kind: 'equal', field, mask, value: number };
    case '!=':
      return { kind: 'notEqual', field, mask, value: number };
    case '<=':
      return { kind: 'between', field, mask, from: 0n, to: number };
    default:
      return { kind: 'between', field, mask, from: number, to: mask };
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
