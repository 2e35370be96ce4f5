import { list, number } from '../../../phrases.js';
import type { AdviceWording } from '../advice.js';
import { sectionAdvice } from '../oci/advice.js';

export const goSeccompBpfAdvice: AdviceWording = {
  ...sectionAdvice,
  action: (kind) => kind.toLowerCase(),
  answerEnosys: (names) =>
    `${list(names, 12)}: go-seccomp-bpf has no ENOSYS, so allow them or test the program without`,
  answerOddEnosys: (name) => `go-seccomp-bpf has no ENOSYS: allow ${name}, or test the program without`,
  defaultEnosys: () => 'its errno is EPERM: allow the calls that the program tries',
  addArchitecture: () => 'a policy is for the architecture it runs on: there is nothing to write',
  splitByteOrders: 'make a policy for each byte order',
  masked: ({ datum, mask }) => `write BitsSet and BitsNotSet for ${number(mask)} and ${number(datum)}`,
  maskedForm: () => 'BitsSet and BitsNotSet',
  maskOfZero: 'write another value than 0 with BitsSet',
  listener: 'a listener, which it has not',
};
