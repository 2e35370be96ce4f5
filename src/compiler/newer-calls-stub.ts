import { encodeAction } from '../action.js';
import type { Architecture } from '../architecture.js';
import type { NumberRange } from '../bpf/decisions/partition.js';
import { type Instruction, Opcode, SeccompDataOffset } from '../bpf/program/instruction.js';
import { errnoNumber } from '../errno.js';

/**
 * Instructions to put in front of a filter, which answer ENOSYS for the numbers that are newer than a Linux (see
 * `newerCalls`). Nearly every call is older than all of them, and passes after one comparison.
 *
 * @param newer the numbers of each architecture of the filter, the target first: its ENOSYS is answered
 */
export function newerCallsStub(newer: ReadonlyMap<Architecture, readonly NumberRange[]>): Instruction[] {
  const [target] = newer.keys();
  const enosys = { kind: 'ERRNO', data: errnoNumber('ENOSYS', target?.name) as number } as const;
  const answer = instruction(Opcode.RET_K, encodeAction(enosys));
  const sections = [...byAuditArch(newer)].map(([auditArch, ranges]) => {
    const [{ from: least }] = ranges as [NumberRange];
    const tests = [
      instruction(Opcode.LD_ABS, SeccompDataOffset.NR),
      // The jump's place is taken by what ends every section: a jump to the filter.
      instruction(Opcode.JGE_K, least, { jt: 1 }),
      TO_FILTER,
      ...ranges.flatMap(({ from, to }) => [...between(from, to), answer]),
      TO_FILTER,
    ];
    return [instruction(Opcode.JEQ_K, auditArch, { jt: 1 }), instruction(Opcode.JA, tests.length), ...tests];
  });
  const stub = [instruction(Opcode.LD_ABS, SeccompDataOffset.ARCH), ...sections.flat()];
  return stub.map((each, index) => (each === TO_FILTER ? instruction(Opcode.JA, stub.length - index - 1) : each));
}

const instruction = (code: number, k: number, { jt = 0, jf = 0 } = {}): Instruction => ({ code, jt, jf, k });

/** Replaced by a jump over what is left of the stub. */
const TO_FILTER = instruction(Opcode.JA, 0);

/** Skip the next instruction where the number is not in a range. */
function between(from: number, to: number): Instruction[] {
  if (from === to) return [instruction(Opcode.JEQ_K, from, { jf: 1 })];
  return [instruction(Opcode.JGE_K, from, { jf: 2 }), instruction(Opcode.JGT_K, to, { jt: 1 })];
}

/** x86_64 and x32 are one architecture to the kernel; a bit of the number distinguishes them. */
function byAuditArch(
  newer: ReadonlyMap<Architecture, readonly NumberRange[]>,
): ReadonlyMap<number, readonly NumberRange[]> {
  const ranges = new Map<number, readonly NumberRange[]>();
  for (const [{ auditArch }, own] of newer) {
    const all = [...(ranges.get(auditArch) ?? []), ...own].sort((one, other) => one.from - other.from);
    ranges.set(auditArch, all);
  }
  return ranges;
}
