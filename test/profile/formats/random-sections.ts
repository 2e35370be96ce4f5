import fc from '../../fast-check.js';

/** Numbers of x86_64. */
export const NUMBERS = { read: 0, close: 3, socket: 41, personality: 135, setpriority: 141 };
type Name = keyof typeof NUMBERS;
const NAMES = Object.keys(NUMBERS) as Name[];

const value = fc.constantFrom(0n, 1n, 2n, 6n, 255n, 0x7fffffffn);
const condition = fc.oneof(
  fc.record({ op: fc.constantFrom('EQ', 'NE', 'LT', 'LE', 'GT', 'GE'), value }),
  fc.record({ op: fc.constant('MASKED_EQ'), value: fc.constantFrom(1n, 3n, 0xffn, 0xffffffffn), valueTwo: value }),
);
const args = fc
  .array(fc.tuple(fc.nat(2), condition), { maxLength: 2 })
  .map((list) => [...new Map(list)].map(([index, { op, ...rest }]) => ({ index, op: `SCMP_CMP_${op}`, ...rest })));

/** Sections in Docker's format of which each format can say some. */
export const randomSection = fc
  .record({
    defaultAction: fc.constantFrom(
      'SCMP_ACT_ERRNO',
      'SCMP_ACT_KILL_THREAD',
      'SCMP_ACT_KILL_PROCESS',
      'SCMP_ACT_ALLOW',
      'SCMP_ACT_LOG',
      'SCMP_ACT_TRAP',
    ),
    architectures: fc.constantFrom(
      ['SCMP_ARCH_X86_64'],
      ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
      ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
    ),
    /** Most languages have one action besides the default, or two. */
    actions: fc.constantFrom(['ALLOW'], ['ALLOW'], ['ERRNO'], ['ALLOW', 'ERRNO'], ['LOG', 'TRAP', 'ALLOW']),
    entries: fc.array(
      fc.record({
        name: fc.constantFrom(...NAMES),
        action: fc.nat(2),
        errnoRet: fc.constantFrom(1n, 13n),
        args,
        comment: fc.constantFrom('one', 'two\nlines', ''),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  })
  .map(({ actions, entries, ...section }) => ({
    ...section,
    syscalls: entries.map(({ name, action, errnoRet, args: compared, comment }) => {
      const word = actions[action % actions.length]!;
      return {
        names: [name],
        action: `SCMP_ACT_${word}`,
        ...(word === 'ERRNO' ? { errnoRet } : {}),
        ...(compared.length > 0 ? { args: compared } : {}),
        ...(comment ? { comment } : {}),
      };
    }),
  }));
