import { list, number } from '../../../phrases.js';
import type { AdviceWording } from '../advice.js';
import { sectionAdvice } from '../oci/advice.js';

export const snapdAdvice: AdviceWording = {
  ...sectionAdvice,
  action: (kind) => (kind === 'LOG' ? '@complain' : kind === 'ERRNO' ? '"~"' : kind.toLowerCase()),
  answerEnosys: (names) => `${list(names, 12)}: snapd has no ENOSYS, so allow them or test the program without`,
  answerOddEnosys: (name) => `snapd has no ENOSYS: allow ${name}, or test the program without`,
  defaultEnosys: () => "snapd's default is EPERM: allow the calls that the program tries",
  addArchitecture: () => 'snapd filters the machine and its compat architecture: there is nothing to write',
  splitByteOrders: 'make a template for each byte order',
  masked: ({ mask, datum }) =>
    mask === datum
      ? `write "|${number(mask)}"`
      : 'take the condition out: snapd compares 64 bits of this argument, and has no mask for it',
  differing: () =>
    'allow the call as a whole, or not at all: snapd compares 64 bits of this argument, and has no mask for it',
  maskedForm: (mask) => `"|${number(mask)}"`,
  maskOfZero: 'write another number after "|"',
  listener: 'a listener, which snapd has not',
};
