import { type Endianness, encodeAction, type Instruction, Opcode, SeccompDataOffset } from '../../../src/bpf/index.js';
import fc from '../../fast-check.js';
import { ALLOW, AUDIT_ARCH_I386, AUDIT_ARCH_S390X, AUDIT_ARCH_X86_64, EPERM, op } from '../programs.js';

const RETURNS = [ALLOW, EPERM, encodeAction({ kind: 'KILL_PROCESS' }), encodeAction({ kind: 'ERRNO', data: 38 })];

/** Of an argument's half, with what comes after A is loaded: a mask or none, a comparison. */
const condition = fc.record({
  word: fc.nat({ max: 7 }),
  mask: fc.option(fc.constantFrom(1, 3, 0xf, 0xff0, 0x7e020000, 0xfffffffe), { nil: undefined }),
  code: fc.constantFrom(Opcode.JEQ_K, Opcode.JGE_K, Opcode.JGT_K, Opcode.JSET_K),
  value: fc.oneof(fc.nat({ max: 6 }), fc.constantFrom(0x7e020000, 0x80000000, 0xffffffff, 0x10)),
  returns: fc.constantFrom(...RETURNS),
});

type Condition = typeof condition extends fc.Arbitrary<infer T> ? T : never;

const rule = fc.record({
  nr: fc.oneof(
    { weight: 12, arbitrary: fc.nat({ max: 60 }) },
    { weight: 4, arbitrary: fc.nat({ max: 60 }).map((nr) => nr + 0x40000000) },
    { weight: 1, arbitrary: fc.constantFrom(0x3fffffff, 0x7fffffff, 0x80000000, 0xbfffffff, 0xfffffffe, 0xffffffff) },
  ),
  to: fc.nat({ max: 4 }),
  conditions: fc.oneof(
    { weight: 5, arbitrary: fc.constant<Condition[]>([]) },
    { weight: 2, arbitrary: fc.array(condition, { maxLength: 4 }) },
  ),
  returns: fc.constantFrom(...RETURNS),
});

const section = fc.record({ rules: fc.array(rule, { maxLength: 30 }), default: fc.constantFrom(...RETURNS) });

type Section = typeof section extends fc.Arbitrary<infer T> ? T : never;

/** What a section does once the number is loaded. */
function sectionCode({ rules, default: otherwise }: Section): Instruction[] {
  const code: Instruction[] = [op(Opcode.LD_ABS, SeccompDataOffset.NR)];
  for (const { nr, to, conditions, returns } of rules) {
    const body = conditions.flatMap(({ word, mask, code: test, value, returns: action }) => [
      op(Opcode.LD_ABS, SeccompDataOffset.ARGS + 4 * word),
      ...(mask === undefined ? [] : [op(Opcode.AND_K, mask)]),
      op(test, value, 0, 1),
      op(Opcode.RET_K, action),
    ]);
    body.push(op(Opcode.RET_K, returns));
    // numbers from nr to nr + to, and past the largest none
    const last = Math.min(nr + to, 0xffffffff);
    code.push(op(Opcode.JGE_K, nr, 0, body.length + 1), op(Opcode.JGT_K, last, body.length, 0), ...body);
  }
  return [...code, op(Opcode.RET_K, otherwise)];
}

/**
 * Programs as filters are: architectures told apart, then numbers, some with x32's bit and some at the ends of what a number
 * can be, then arguments.
 */
export const filterLike: fc.Arbitrary<{ instructions: Instruction[]; endianness: Endianness }> = fc
  .record({
    sections: fc.array(section, { minLength: 1, maxLength: 3 }),
    looksAtArchitecture: fc.boolean(),
    endianness: fc.constantFrom('little' as const, 'big' as const),
  })
  .map(({ sections, looksAtArchitecture, endianness }) => {
    if (!looksAtArchitecture) return { instructions: sectionCode(sections[0]!), endianness };
    const arches = [AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_S390X];
    const instructions = [op(Opcode.LD_ABS, SeccompDataOffset.ARCH)];
    sections.forEach((each, index) => {
      const code = sectionCode(each);
      instructions.push(op(Opcode.JEQ_K, arches[index]!, 1, 0), op(Opcode.JA, code.length), ...code);
    });
    return { instructions: [...instructions, op(Opcode.RET_K, 0)], endianness };
  });
