import type { AdviceWording } from '../advice.js';
import { sectionAdvice } from '../oci/advice.js';
import { differingText, equalText } from './narrow-call.js';

const number = (value: bigint) => (value < 1024n ? String(value) : `0x${value.toString(16)}`);

export const minijailAdvice: AdviceWording = {
  ...sectionAdvice,
  action: (kind) => (kind === 'ERRNO' ? 'return' : kind === 'NOTIFY' ? 'user-notify' : kind.toLowerCase()),
  answerEnosys: (names) => `write ${names.map((name) => `"${name}: return ENOSYS"`).join(', ')}`,
  answerOddEnosys: (name) => `write "${name}: return ENOSYS"`,
  defaultEnosys: () =>
    'a policy has no errno for its default: write "NAME: return ENOSYS" for the calls that are to have it',
  addArchitecture: () => 'compile a policy for it',
  splitByteOrders: 'make a policy for each byte order',
  masked: ({ index, mask, datum }) => `write "${equalText(index, mask, datum)}"`,
  differing: ({ index, mask, datum }) => `write "${differingText(index, mask, datum)}"`,
  maskedForm: (mask) => `"in ~${number(mask)}"`,
  maskOfZero: 'write another mask than 0, or take the condition out',
  note: 'write it as a comment (#)',
};
