import type { AdviceWording } from '../advice.js';
import { enosysOn } from '../advice.js';
import { sectionAdvice } from '../oci/advice.js';

const number = (value: bigint) => (value < 1024n ? String(value) : `0x${value.toString(16)}`);

export const kafelAdvice: AdviceWording = {
  ...sectionAdvice,
  action: (kind) => (kind === 'NOTIFY' ? 'USER_NOTIF' : kind),
  answerEnosys: (names, architecture) => `write "ERRNO(${enosysOn(architecture)}) { ${names.join(', ')} }"`,
  answerOddEnosys: (name, architecture) => `write "ERRNO(${enosysOn(architecture)}) { ${name} }"`,
  defaultEnosys: (architecture) => `write "DEFAULT ERRNO(${enosysOn(architecture)})"`,
  addArchitecture: () => 'compile a policy for it',
  splitByteOrders: 'make a policy for each byte order',
  narrow: ({ name }) => `leave the call's own argument names, of which an int compares 32 bits: "${name}"`,
  masked: ({ parameter, mask, datum }) => `write "(${parameter.name} & ${number(mask)}) == ${number(datum)}"`,
  maskedForm: (mask) => `"& ${number(mask)}"`,
  maskOfZero: 'write another mask than 0, or take the condition out',
  note: 'write it as a comment (//)',
};
