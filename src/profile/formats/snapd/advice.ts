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
  masked: ({ datum }) => `write ${number(datum)} by itself where snapd compares 32 bits`,
  maskedForm: (mask) => `"|${number(mask)}"`,
  maskOfZero: 'write another number after "|"',
  listener: 'a listener, which snapd has not',
};
